/** Search in messages while the user types: on this device at once, then on the server (W12). */

import { ApiError, type Hit, type Page, type SearchFilter } from "backchannel-client";
import { useEffect, useMemo, useRef, useState } from "react";
import { client } from "../state/client";
import { LocalSearch } from "../state/local-search";
import { useStore } from "../state/store";

/** Milliseconds without a key before the server is asked. */
const PAUSE = 200;
const SHORTEST = 2;
const MOST = 50;
/** A filtered search reads pages until it has enough hits, or has read the most pages. */
const ENOUGH = 20;
const MOST_PAGES = 10;

const NONE: readonly Hit[] = [];

const NO_FILTER: SearchFilter = {};

/** The server's results, null until it has answered. */
export function useHits(text: string, only = NO_FILTER): readonly Hit[] | null {
  const [answer, setAnswer] = useState<{ for: string; hits: readonly Hit[] } | null>(null);
  const online = useStore((state) => state.link === "online");
  const key = `${JSON.stringify(only)} ${text}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is asked again with a connection
  useEffect(() => {
    if (text.length < SHORTEST) return;
    const asked = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const hits = await ask(text, only, asked.signal);
        setAnswer({ for: key, hits: hits.slice(0, MOST) });
      } catch (error) {
        if (!(error instanceof ApiError) && !asked.signal.aborted) throw error;
        if (!asked.signal.aborted) setAnswer({ for: key, hits: NONE });
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [text, only, key, online]);
  if (text.length < SHORTEST) return NONE;
  return answer?.for === key ? answer.hits : null;
}

/** The best matches; with a filter the newest ones, as the best may not match it. */
async function ask(text: string, only: SearchFilter, signal: AbortSignal): Promise<Hit[]> {
  const { conversation_id, ...filter } = only;
  if (Object.keys(filter).length === 0) return client.api.search(text, conversation_id, signal);
  const hits: Hit[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found: Page<Hit> = await client.api.searchBy({ q: text, ...only }, cursor, signal);
    hits.push(...found.items);
    cursor = found.next;
    if (cursor === null || hits.length >= ENOUGH) break;
  }
  return hits;
}

export interface Found {
  readonly local: readonly Hit[];
  /** Results that only the server has: appended, so that nothing moves. */
  readonly older: readonly Hit[];
  readonly searching: boolean;
}

export function useFound(text: string, only: SearchFilter): Found {
  const conversationId = only.conversation_id ?? null;
  const search = useRef<LocalSearch | null>(null);
  const [read, setRead] = useState(0);
  useEffect(() => {
    const local = new LocalSearch();
    search.current = local;
    void local.load(conversationId, () => setRead((count) => count + 1));
    return () => local.stop();
  }, [conversationId]);
  const hits = useHits(text, only);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more messages may be read later
  const local = useMemo(() => search.current?.find(text, only) ?? NONE, [text, only, read]);
  const older = useMemo(() => {
    const known = new Set(local.map((each) => each.id));
    return (hits ?? NONE).filter((each) => !known.has(each.id));
  }, [hits, local]);
  return { local, older, searching: hits === null };
}
