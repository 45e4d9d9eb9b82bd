import { type RefObject, useEffect, useRef } from "react";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { useFocusBack } from "../ui/focus";
import { Icon } from "../ui/icon";

/** Text that is typed before the emoji have loaded. */
export interface Typed {
  text: string;
  /** Enter was pressed: choose the first result. */
  entered: boolean;
}

const Loaded = deferred(
  () => import("./emoji-picker").then((module) => module.default),
  ({ typed }) => <EarlySearch typed={typed} />,
);

/** All emoji, with a search that can be used at once. */
export function AllEmoji({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const typed = useRef<Typed>({ text: "", entered: false });
  return <Loaded onPick={onPick} typed={typed} />;
}

function EarlySearch({ typed }: { readonly typed: RefObject<Typed> }) {
  return (
    <div className="picker__loading">
      <div className="picker__top">
        <div className="searchbox">
          <Icon name="search" size={18} />
          <input
            type="search"
            aria-label={t.searchEmoji}
            placeholder={t.searchEmoji}
            autoComplete="off"
            onChange={(event) => {
              typed.current = { text: event.target.value, entered: false };
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && typed.current.text) typed.current.entered = true;
            }}
            autoFocus
          />
        </div>
      </div>
    </div>
  );
}

interface Props {
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** All emoji, above the composer. Escape and a press outside close it. */
export function EmojiPicker({ onPick, onClose }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  useFocusBack("#message-field");
  useEffect(() => {
    const leave = ({ target }: Event) => {
      if (!(target instanceof Element) || panel.current?.contains(target)) return;
      // The button that has opened it closes it with its click.
      if (!target.closest('[aria-expanded="true"]')) onClose();
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      onClose();
    };
    addEventListener("pointerdown", leave);
    addEventListener("keydown", key, { capture: true });
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("keydown", key, { capture: true });
    };
  }, [onClose]);
  return (
    <div className="picker" role="dialog" aria-label={t.emoji} ref={panel}>
      <AllEmoji onPick={onPick} />
    </div>
  );
}
