/** The messages of a conversation that have files, however far back. */

import { ApiError, type FileInfo, type Message } from "backchannel-client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { client } from "./client";
import { mergeMessages } from "./model";
import { getState, useStore } from "./store";
import { readAfter, readBefore } from "./threads";

const PAGE = 60;

/**
 * Messages with files next to a `seq`, oldest first; empty at the end. Without a connection, they
 * are all messages there that this device has.
 */
export async function readWithFiles(
  id: string,
  bound: { readonly before: number } | { readonly after: number },
): Promise<readonly Message[]> {
  if (getState().link === "online") {
    try {
      return await client.api.messages(id, { ...bound, has: "files", limit: PAGE });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
  return "before" in bound ? readBefore(id, bound.before) : readAfter(id, bound.after);
}

interface Read {
  readonly messages: readonly Message[];
  /** They include the first one. */
  readonly complete: boolean;
}

export interface SharedFiles {
  readonly messages: readonly Message[];
  /** They include the first one; null before the server has answered. */
  readonly complete: boolean | null;
  /** Read until a file of this kind has been found, or all have been read. Raises `ApiError`. */
  readonly more: (isWanted: (file: FileInfo) => boolean) => Promise<void>;
}

/** The newest messages with files, including the loaded ones; `more` adds older ones. */
export function useSharedFiles(id: string, held: readonly Message[]): SharedFiles {
  const online = useStore((state) => state.link === "online");
  const [read, setRead] = useState<Read | null>(null);
  const more = useCallback(
    async (isWanted: (file: FileInfo) => boolean) => setRead(await readOn(id, read, isWanted)),
    [id, read],
  );
  useEffect(() => {
    if (!online || read) return;
    more(() => true).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      // The loaded ones are shown.
    });
  }, [online, read, more]);
  const messages = useMemo(() => {
    if (!read) return held;
    const first = read.complete ? 1 : (read.messages[0]?.seq ?? 1);
    return mergeMessages(
      read.messages,
      held.filter((each) => each.seq >= first),
    );
  }, [read, held]);
  return { messages, complete: read?.complete ?? null, more };
}

async function readOn(
  id: string,
  read: Read | null,
  isWanted: (file: FileInfo) => boolean,
): Promise<Read> {
  let messages = read?.messages ?? [];
  let page: readonly Message[];
  do {
    const first = messages[0]?.seq;
    const bound = first === undefined ? {} : { before: first };
    page = await client.api.messages(id, { ...bound, has: "files", limit: PAGE });
    messages = [...page, ...messages];
    // A page that is not full may be the last one.
  } while (
    page.length > 0 &&
    (page.length < PAGE || !page.some((each) => each.files.some(isWanted)))
  );
  return { messages, complete: page.length === 0 };
}
