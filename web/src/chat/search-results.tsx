import type { Hit, SearchFilter } from "backchannel-client";
import { useEffect, useMemo, useState } from "react";
import { type Searching, setState, useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { shortTime } from "../ui/format";
import { go, isNarrow } from "../ui/location";
import { addressOf, Snippet } from "./hit";
import { nameOf } from "./names";
import { type ResultKeys, useSelected } from "./result-keys";
import { SearchFilters } from "./search-filters";
import { useFound } from "./searching";

const NO_FILTER: SearchFilter = {};

interface Props {
  /** The ids of the results begin with it. */
  readonly id: string;
  readonly searching: Searching;
  readonly resultKeys: ResultKeys;
  /** Called with the id of the result that the keys have selected. */
  readonly onActive: (id: string | undefined) => void;
}

/** The results of a search: those of this device, then those that only the server has. */
export default function SearchResults({ id, searching, resultKeys, onActive }: Props) {
  const text = searching.text.trim();
  const online = useStore((state) => state.link === "online");
  const [filter, setFilter] = useState<SearchFilter>(NO_FILTER);
  const { within } = searching;
  const only = useMemo(
    () => (within ? { ...filter, conversation_id: within } : filter),
    [filter, within],
  );
  const { local, older, searching: waits } = useFound(text, only);
  const hits = [...local, ...older];
  const open = (index: number) => {
    const hit = hits[index];
    if (!hit) return;
    choose(index);
    go(addressOf(hit));
    if (isNarrow()) setState({ searching: null });
  };
  const options = { id, text, count: hits.length, wraps: false, onEnter: open };
  const [at, choose] = useSelected(resultKeys, options);
  const active = hits[at] ? `${id}-${at}` : undefined;
  useEffect(() => onActive(active), [onActive, active]);
  const results = (title: string, found: readonly Hit[], from: number) =>
    found.length > 0 && (
      <div role="group" aria-label={title}>
        <h3 role="presentation">
          {title} <span className="num">{placeOf(at - from, found.length)}</span>
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
    <>
      <SearchFilters within={within} filter={filter} onChange={setFilter} />
      <div className="results" role="listbox" id={`${id}-results`} aria-label={t.results}>
        {results(t.onThisDevice, local, 0)}
        {results(t.fromServer, older, local.length)}
      </div>
      {text && !waits && hits.length === 0 && (
        <div className="empty empty--list" role="status">
          <h2>{t.noHits}</h2>
          <p>{online ? t.noHitsText : t.unreachable}</p>
        </div>
      )}
    </>
  );
}

/** "3 of 48" for the selected result of a group, otherwise their number. */
function placeOf(at: number, count: number): string {
  return at < 0 || at >= count ? String(count) : t.sizeOf(String(at + 1), String(count));
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
