import type { Hit } from "backchannel-client";
import type { ReactNode } from "react";
import { FORMATTED } from "./names";

/** A search result with its matches marked; its positions count UTF-16 units, as strings do. */
export function Snippet({ hit }: { readonly hit: Hit }) {
  const snippet = withoutMarks(hit.snippet);
  const parts: ReactNode[] = [];
  let from = 0;
  for (const [start, end] of snippet.highlights) {
    parts.push(snippet.text.slice(from, start));
    parts.push(<mark key={start}>{snippet.text.slice(start, end)}</mark>);
    from = end;
  }
  parts.push(snippet.text.slice(from));
  return <bdi>{parts}</bdi>;
}

/** Half of a pair of marks, whose other half was cut off at the beginning or the end. */
const CLOSING = /(?<=\S)(?:\*\*|~~)(?=\s|…?$)/g;
const OPENING = /(?<=^…?|\s)(?:\*\*|~~)(?=\S)/g;

/** The text without the marks of formatting. */
function withoutMarks({ text, highlights }: Hit["snippet"]): Hit["snippet"] {
  const pairs = marksIn(text);
  const halves = [
    ...(text.startsWith("…") ? text.matchAll(CLOSING) : []),
    ...(text.endsWith("…") ? text.matchAll(OPENING) : []),
  ]
    .map(({ index, 0: mark }) => [index, index + mark.length] as const)
    .filter(([start, end]) => pairs.every((each) => end <= each[0] || start >= each[1]));
  const marks = [...pairs, ...halves].sort(([one], [other]) => one - other);
  const moved = (position: number) =>
    position - marks.reduce((sum, [from, to]) => sum + clamp(position - from, to - from), 0);
  const shown = [0, ...marks.map(([, end]) => end)];
  return {
    text: shown.map((start, at) => text.slice(start, marks[at]?.[0])).join(""),
    highlights: highlights.map(([start, end]) => [moved(start), moved(end)]),
  };
}

/** The positions of the marks that come in pairs, and of those around code, in order. */
function marksIn(text: string): (readonly [number, number])[] {
  const fences = [...text.matchAll(/```(?:\w*\n)?/g)].map(
    ({ index, 0: fence }) => [index, index + fence.length] as const,
  );
  const formatted = [...text.matchAll(FORMATTED)].flatMap((match) => {
    const [all, before = "", { length: width } = ""] = match;
    const [start, end] = [match.index + before.length, match.index + all.length];
    return [[start, start + width] as const, [end - width, end] as const];
  });
  const others = formatted.filter(([from, to]) =>
    fences.every(([start, end]) => to <= start || from >= end),
  );
  return [...fences, ...others].sort(([one], [other]) => one - other);
}

const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/** The link that opens the conversation at the message. */
export function addressOf(hit: Hit): string {
  return `/c/${hit.conversation_id}?at=${hit.seq}`;
}
