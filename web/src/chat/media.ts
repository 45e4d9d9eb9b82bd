/** All pictures of a conversation, in order, however far back (rule W10). */

import type { FileInfo, Message } from "backchannel-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { readAfter, readBefore } from "../state/threads";
import { isPicture } from "./names";

export interface Medium {
  readonly file: FileInfo;
  readonly message: Message;
}

interface Stretch {
  readonly media: readonly Medium[];
  /** The messages that have been looked through. */
  readonly first: number;
  readonly last: number;
}

export interface Media {
  readonly shown: Medium | null;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** Go to the picture before (-1) or after (1) this one. */
  readonly step: (by: -1 | 1) => void;
}

/** Walk from `file` through the pictures among `messages` and beyond; `last` is the newest seq. */
export function useMedia(
  id: string,
  messages: readonly Message[],
  file: FileInfo,
  last: number,
): Media {
  const [stretch, setStretch] = useState<Stretch>(() => ({
    media: mediaOf(messages),
    first: messages[0]?.seq ?? 1,
    last: messages.at(-1)?.seq ?? 0,
  }));
  const [shownId, setShownId] = useState(file.id);
  const at = stretch.media.findIndex((each) => each.file.id === shownId);
  const reading = useRef(false);

  const look = useCallback(
    async (by: -1 | 1): Promise<void> => {
      if (reading.current) return;
      reading.current = true;
      try {
        setStretch(await extended(id, stretch, by, last));
      } catch {
        // It is looked for again with the next key.
      } finally {
        reading.current = false;
      }
    },
    [id, stretch, last],
  );
  const hasOlder = at > 0 || stretch.first > 1;
  const hasNewer = at < stretch.media.length - 1 || stretch.last < last;
  // The next one is known before it is asked for.
  useEffect(() => {
    if (at === 0 && stretch.first > 1) void look(-1);
    if (at === stretch.media.length - 1 && stretch.last < last) void look(1);
  }, [at, stretch, last, look]);
  const step = useCallback(
    (by: -1 | 1) => {
      const next = stretch.media[at + by];
      if (next) setShownId(next.file.id);
    },
    [stretch, at],
  );
  return { shown: stretch.media[at] ?? null, hasOlder, hasNewer, step };
}

/** With the next picture on one side, or with everything on it if there is none. */
async function extended(
  id: string,
  { media, first, last }: Stretch,
  by: -1 | 1,
  newest: number,
): Promise<Stretch> {
  let found: readonly Medium[] = [];
  while (found.length === 0 && (by < 0 ? first > 1 : last < newest)) {
    const page = await (by < 0 ? readBefore(id, first) : readAfter(id, last));
    if (by < 0) first = page[0]?.seq ?? 1;
    else last = page.at(-1)?.seq ?? newest;
    found = mediaOf(page);
  }
  return { media: by < 0 ? [...found, ...media] : [...media, ...found], first, last };
}

function mediaOf(messages: readonly Message[]): Medium[] {
  return messages.flatMap((message) =>
    message.deleted_at === null
      ? message.files.filter(isPicture).map((file) => ({ file, message }))
      : [],
  );
}
