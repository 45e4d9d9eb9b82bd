import type { Hit } from "backchannel-client";
import { type KeyboardEvent, useId, useState } from "react";
import { useLocation } from "wouter";
import { type Searching, setState, useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { shortTime } from "../ui/format";
import { Icon } from "../ui/icon";
import { addressOf, Snippet } from "./hit";
import { nameOf } from "./names";
import { useFound } from "./searching";

const NARROW = "(max-width: 719px)";

/** Messages found, in place of the conversation list (rule W12). */
export function SearchPane({ searching }: { readonly searching: Searching }) {
  const { text, within } = searching;
  const [scope] = useState(within);
  const { local, older, searching: waits } = useFound(text.trim(), within);
  const [chosen, setChosen] = useState(0);
  const [, go] = useLocation();
  const id = useId();
  const hits = [...local, ...older];
  const change = (next: Searching | null) => setState({ searching: next });
  const open = (index: number) => {
    const hit = hits[index];
    if (!hit) return;
    setChosen(index);
    go(addressOf(hit));
    if (matchMedia(NARROW).matches) change(null);
  };
  const at = Math.min(chosen, Math.max(0, hits.length - 1));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(at + step, hits.length - 1));
      setChosen(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      open(at);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      change(null);
    } else return;
    event.preventDefault();
  };
  const results = (title: string, found: readonly Hit[], from: number) =>
    found.length > 0 && (
      <div role="group" aria-label={title}>
        <h3 role="presentation">
          {title} <span className="num">{found.length}</span>
        </h3>
        {found.map((hit, index) => (
          <Result
            key={hit.id}
            id={`${id}-${from + index}`}
            hit={hit}
            active={at === from + index}
            onOpen={() => open(from + index)}
          />
        ))}
      </div>
    );
  return (
    <nav className="sidebar" id="conversations" aria-label={t.search} tabIndex={-1}>
      <div className="sidebar__top">
        <div className="searchbox">
          <Icon name="search" size={18} />
          <input
            type="search"
            role="combobox"
            aria-expanded
            aria-controls={`${id}-results`}
            aria-activedescendant={hits[at] ? `${id}-${at}` : undefined}
            aria-label={within ? t.searchHere : t.searchAll}
            placeholder={within ? t.searchHere : t.searchAll}
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => {
              change({ text: event.target.value, within });
              setChosen(0);
            }}
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
      <div className="results" role="listbox" id={`${id}-results`} aria-label={t.results}>
        {results(t.onThisDevice, local, 0)}
        {results(t.fromServer, older, local.length)}
      </div>
      {text.trim() && !waits && hits.length === 0 && (
        <div className="empty empty--list" role="status">
          <h2>{t.noHits}</h2>
          <p>{t.noHitsText}</p>
        </div>
      )}
    </nav>
  );
}

interface ResultProps {
  readonly id: string;
  readonly hit: Hit;
  readonly active: boolean;
  readonly onOpen: () => void;
}

function Result({ id, hit, active, onOpen }: ResultProps) {
  const conversation = useStore((state) => state.conversations[hit.conversation_id]);
  const me = useStore((state) => state.me);
  const name = conversation ? nameOf(conversation) : "";
  const mine = hit.sender_id === me?.id;
  return (
    <div
      className={`result${active ? " is-active" : ""}`}
      id={id}
      role="option"
      aria-selected={active}
      onClick={onOpen}
    >
      <Avatar
        id={mine ? (me?.id ?? "") : (conversation?.peer_id ?? "")}
        name={mine ? (me?.display_name ?? "") : name}
        size={36}
      />
      <b className="truncate">
        <bdi>{name}</bdi>
      </b>
      <time>{shortTime(hit.created_at)}</time>
      <p>
        {mine && `${t.you}: `}
        <Snippet hit={hit} />
      </p>
    </div>
  );
}
