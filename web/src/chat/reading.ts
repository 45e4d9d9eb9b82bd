/** Marks as read what the user has seen: the newest message, in a page that is being looked at. */

import type { Conversation } from "backchannel-client";
import { useEffect, useState } from "react";
import { markRead } from "../state/actions";
import { useStore } from "../state/store";

interface Given {
  readonly conversation: Conversation | null;
  /** The last message that is held. */
  readonly newest: number;
  /** It is in sight. */
  readonly pinned: boolean;
}

/** How many messages of the other wait below. */
export function useReading({ conversation, newest, pinned }: Given): number {
  const looking = useLooking();
  const online = useStore((state) => state.link === "online");
  const id = conversation?.id ?? null;
  const read = conversation?.mine.read_seq ?? 0;
  useEffect(() => {
    if (id && looking && pinned && online && newest > read) void markRead(id, newest);
  }, [id, looking, pinned, online, newest, read]);
  return pinned ? 0 : (conversation?.unread ?? 0);
}

/** Whether the page is in sight and has the focus. */
export function useLooking(): boolean {
  const [looking, setLooking] = useState(isLooking);
  useEffect(() => {
    const look = () => setLooking(isLooking());
    const names = ["focus", "blur"] as const;
    for (const name of names) addEventListener(name, look);
    document.addEventListener("visibilitychange", look);
    return () => {
      for (const name of names) removeEventListener(name, look);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return looking;
}

function isLooking(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
