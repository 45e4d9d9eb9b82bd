import { type KeyboardEvent, useId, useState } from "react";
import { type Searching, setState } from "../state/store";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { useFocusBack } from "../ui/focus";
import { Icon } from "../ui/icon";
import { isNarrow } from "../ui/location";
import { ToastArea } from "../ui/toast";
import { useResultKeys } from "./result-keys";

const SearchResults = deferred(() => import("./search-results").then((module) => module.default));

/** The search, in place of the conversation list (rule W12). The results load separately. */
export function SearchPane({ searching }: { readonly searching: Searching }) {
  const { text, within } = searching;
  const [scope] = useState(within);
  const [active, setActive] = useState<string>();
  const { onKeyDown, ...resultKeys } = useResultKeys();
  useFocusBack("#message-field", "#conversations");
  const id = useId();
  const change = (next: Searching | null) => setState({ searching: next });
  const onEscape = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    change(null);
  };
  return (
    <nav
      className="sidebar"
      id="conversations"
      aria-label={t.search}
      tabIndex={-1}
      onKeyDown={onEscape}
    >
      {isNarrow() && <ToastArea page />}
      <div className="sidebar__top">
        <div className="searchbox">
          <Icon name="search" size={18} />
          <input
            type="search"
            role="combobox"
            aria-expanded
            aria-controls={`${id}-results`}
            aria-activedescendant={active}
            aria-label={within ? t.searchHere : t.searchAll}
            placeholder={within ? t.searchHere : t.searchAll}
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => change({ text: event.target.value, within })}
            onKeyDown={onKeyDown}
            autoFocus
          />
        </div>
        <button
          className="icon-btn"
          type="button"
          aria-label={t.closeSearch}
          onClick={() => change(null)}
        >
          <Icon name="close" />
        </button>
      </div>
      {scope && (
        <div className="pills" role="group" aria-label={t.show}>
          {([scope, null] as const).map((each) => (
            <button
              key={each}
              className="pill"
              type="button"
              aria-pressed={within === each}
              onClick={() => change({ text, within: each })}
            >
              {each ? t.thisConversation : t.all}
            </button>
          ))}
        </div>
      )}
      <SearchResults id={id} searching={searching} resultKeys={resultKeys} onActive={setActive} />
    </nav>
  );
}
