import { useId, useState } from "react";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { useResultKeys } from "./result-keys";

const PaletteResults = deferred(() => import("./palette-results").then((module) => module.default));

interface Props {
  readonly onNew: () => void;
  readonly onClose: () => void;
}

/** Go to a person, a message or an action by typing (rule W14). The results load separately. */
export function Palette({ onNew, onClose }: Props) {
  const [text, setText] = useState("");
  const [active, setActive] = useState<string>();
  const { onKeyDown, ...resultKeys } = useResultKeys();
  const id = useId();
  return (
    <Dialog label={t.goTo} onClose={onClose}>
      <div className="palette__field">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={active}
          aria-label={t.goTo}
          placeholder={t.search}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          autoFocus
        />
        <kbd>Esc</kbd>
      </div>
      <div className="palette__list" role="listbox" id={`${id}-list`} aria-label={t.results}>
        <PaletteResults
          id={id}
          text={text.trim()}
          resultKeys={resultKeys}
          onActive={setActive}
          onNew={onNew}
          onClose={onClose}
        />
      </div>
      <div className="palette__foot" aria-hidden>
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> {t.toMove}
        </span>
        <span>
          <kbd>↵</kbd> {t.toOpen}
        </span>
      </div>
    </Dialog>
  );
}
