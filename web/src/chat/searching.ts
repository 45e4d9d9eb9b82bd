/** Search in messages while the user types: on this device at once, then on the server (W12). */

import { ApiError, type Hit } from "backchannel-client";
import { useEffect, useMemo, useRef, useState } from "react";
import { client } from "../state/client";
import { LocalSearch } from "../state/local-search";

/** Milliseconds of quiet before the server is asked. */
const PAUSE = 200;
const SHORTEST = 2;
const MOST = 50;

const NONE: readonly Hit[] = [];

/** What the server finds, null until it has answered. */
export function useHits(text: string, conversationId?: string): readonly Hit[] | null {
  const [answer, setAnswer] = useState<{ for: string; hits: readonly Hit[] } | null>(null);
  const key = `${conversationId} ${text}`;
  useEffect(() => {
    if (text.length < SHORTEST) return;
    const asked = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const hits = await client.api.search(text, conversationId, asked.signal);
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
  }, [text, conversationId, key]);
  if (text.length < SHORTEST) return NONE;
  return answer?.for === key ? answer.hits : null;
}

export interface Found {
  readonly local: readonly Hit[];
  /** What only the server has: appended, so that nothing moves. */
  readonly older: readonly Hit[];
  readonly searching: boolean;
}

export function useFound(text: string, conversationId: string | null): Found {
  const search = useRef<LocalSearch | null>(null);
  const [read, setRead] = useState(0);
  useEffect(() => {
    const local = new LocalSearch();
    search.current = local;
    void local.load(conversationId, () => setRead((count) => count + 1));
    return () => local.stop();
  }, [conversationId]);
  const hits = useHits(text, conversationId ?? undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: more may be found once more is read
  const local = useMemo(() => search.current?.find(text) ?? NONE, [text, conversationId, read]);
  const older = useMemo(() => {
    const known = new Set(local.map((each) => each.id));
    return (hits ?? NONE).filter((each) => !known.has(each.id));
  }, [hits, local]);
  return { local, older, searching: hits === null };
}
