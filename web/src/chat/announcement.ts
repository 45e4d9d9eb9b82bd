/** Tells screen readers what arrives: the list itself is silent, since it is drawn in parts (W15). */

import type { Message } from "backchannel-client";
import { useEffect, useRef } from "react";
import { announce } from "../ui/announcer";
import { previewOf } from "./names";

interface Given {
  readonly name: string;
  readonly messages: readonly Message[];
  readonly myId: string;
  readonly ready: boolean;
}

/** Announce each new message of the other once; an answer when it is complete (W18). */
export function useAnnouncement({ name, messages, myId, ready }: Given): void {
  const announced = useRef<number | null>(null);
  const newest = messages.findLast((each) => each.sender_id !== myId && each.deleted_at === null);
  useEffect(() => {
    if (!ready) return;
    const before = announced.current;
    announced.current = newest?.seq ?? 0;
    if (newest && before !== null && newest.seq > before) {
      announce(`${name}: ${previewOf(newest).text}`);
    }
  }, [newest, name, ready]);
}
