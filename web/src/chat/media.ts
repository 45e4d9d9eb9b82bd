/** All pictures of a conversation, in order, however far back (rule W10). */

import type { FileInfo, Message } from "backchannel-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { readWithFiles } from "../state/shared-files";
import { isPicture } from "./names";

export interface Medium {
  readonly file: FileInfo;
  readonly message: Message;
}

/** The most pictures of a conversation that are counted. */
const MOST_COUNTED = 500;

interface MediaRange {
  readonly media: readonly Medium[];
  /** The messages that have been searched. */
  readonly first: number;
  readonly last: number;
}

export interface Media {
  /** The known pictures, oldest first. */
  readonly media: readonly Medium[];
  /** The index of the shown picture; -1 before it is known. */
  readonly at: number;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** All pictures of the conversation are known. */
  readonly complete: boolean;
  /** Go to the previous (-1) or next (1) picture. */
  readonly step: (by: -1 | 1) => void;
  readonly choose: (fileId: string) => void;
}

/** Step from `file` through the pictures in `messages` and beyond; `last` is the newest seq. */
export function useMedia(
  id: string,
  messages: readonly Message[],
  file: FileInfo,
  last: number,
): Media {
  const [range, setRange] = useState<MediaRange>(() => ({
    media: mediaOf(messages),
    first: messages[0]?.seq ?? 1,
    last: messages.at(-1)?.seq ?? 0,
  }));
  const [shownId, setShownId] = useState(file.id);
  const at = range.media.findIndex((each) => each.file.id === shownId);
  const reading = useRef(false);
  /** The picture to show once it has been found. */
  const wanted = useRef<-1 | 0 | 1>(0);

  const look = useCallback(
    async (by: -1 | 1): Promise<void> => {
      if (reading.current) return;
      reading.current = true;
      try {
        setRange(await extended(id, range, by, last));
      } catch {
        // The next key searches again.
      } finally {
        reading.current = false;
      }
    },
    [id, range, last],
  );
  const hasOlder = at > 0 || range.first > 1;
  const hasNewer = at < range.media.length - 1 || range.last < last;
  // The next picture is found before it is requested.
  useEffect(() => {
    if (at === 0 && range.first > 1) void look(-1);
    if (at === range.media.length - 1 && range.last < last) void look(1);
  }, [at, range, last, look]);
  // The position of a picture among all is shown, so all are searched, unless there are very many.
  useEffect(() => {
    const { first, media, last: newest } = range;
    if (media.length > MOST_COUNTED) return;
    if (first > 1) void look(-1);
    else if (newest < last) void look(1);
  }, [range, last, look]);
  const complete = range.first <= 1 && range.last >= last;
  const step = useCallback(
    (by: -1 | 1) => {
      const next = range.media[at + by];
      wanted.current = next ? 0 : by;
      if (next) setShownId(next.file.id);
    },
    [range, at],
  );
  useEffect(() => {
    if (wanted.current) step(wanted.current);
  }, [step]);
  const choose = useCallback((fileId: string) => {
    wanted.current = 0;
    setShownId(fileId);
  }, []);
  return { media: range.media, at, hasOlder, hasNewer, complete, step, choose };
}

/** The range with the next picture on one side, or up to its end if there is none. */
async function extended(
  id: string,
  { media, first, last }: MediaRange,
  by: -1 | 1,
  newest: number,
): Promise<MediaRange> {
  let found: readonly Medium[] = [];
  while (found.length === 0 && (by < 0 ? first > 1 : last < newest)) {
    const page = await readWithFiles(id, by < 0 ? { before: first } : { after: last });
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
