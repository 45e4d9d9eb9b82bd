/** Marks messages as read: up to the newest, once it is in sight on an active page. */

import type { Conversation } from "backchannel-client";
import { useEffect, useState } from "react";
import { markRead } from "../state/actions";
import { useStore } from "../state/store";

interface Options {
  readonly conversation: Conversation | null;
  /** The last loaded message. */
  readonly newest: number;
  /** The last message is in sight. */
  readonly atEnd: boolean;
}

/** The number of the other user's messages below. */
export function useReadMark({ conversation, newest, atEnd }: Options): number {
  const active = usePageActive();
  const online = useStore((state) => state.link === "online");
  const id = conversation?.id ?? null;
  const read = conversation?.mine.read_seq ?? 0;
  useEffect(() => {
    if (id && active && atEnd && online && newest > read) void markRead(id, newest);
  }, [id, active, atEnd, online, newest, read]);
  return atEnd ? 0 : (conversation?.unread ?? 0);
}

/** True if the page is in sight and has the focus. */
export function usePageActive(): boolean {
  const [active, setActive] = useState(isPageActive);
  useEffect(() => {
    const update = () => setActive(isPageActive());
    const names = ["focus", "blur"] as const;
    for (const name of names) addEventListener(name, update);
    document.addEventListener("visibilitychange", update);
    return () => {
      for (const name of names) removeEventListener(name, update);
      document.removeEventListener("visibilitychange", update);
    };
  }, []);
  return active;
}

function isPageActive(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
