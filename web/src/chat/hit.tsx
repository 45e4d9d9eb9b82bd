import type { Hit } from "backchannel-client";
import type { ReactNode } from "react";

/** A search result with its matches marked; its positions count UTF-16 units, as strings do. */
export function Snippet({ hit: { snippet } }: { readonly hit: Hit }) {
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

/** The link that opens the conversation at the message. */
export function addressOf(hit: Hit): string {
  return `/c/${hit.conversation_id}?at=${hit.seq}`;
}
