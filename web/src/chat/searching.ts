/** Search in all messages while the user types. */

import { ApiError, type Hit } from "backchannel-client";
import { useEffect, useState } from "react";
import { client } from "../state/client";

/** Milliseconds of quiet before the server is asked. */
const PAUSE = 200;
const SHORTEST = 2;

export function useHits(text: string): readonly Hit[] {
  const [hits, setHits] = useState<readonly Hit[]>([]);
  useEffect(() => {
    if (text.length < SHORTEST) {
      setHits([]);
      return;
    }
    const asked = new AbortController();
    const timer = setTimeout(async () => {
      try {
        setHits((await client.api.search(text, undefined, asked.signal)).slice(0, 20));
      } catch (error) {
        if (!(error instanceof ApiError) && !asked.signal.aborted) throw error;
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [text]);
  return hits;
}
