/** Announces new messages to screen readers: the list is silent, as it is drawn in parts (W15). */

import type { Conversation, Message } from "backchannel-client";
import { useEffect, useRef } from "react";
import { t } from "../strings";
import { announce } from "../ui/announcer";
import { previewOf } from "./names";

/** More messages than this at once are only counted. */
const MOST = 3;

interface Options {
  readonly name: string;
  readonly conversation: Conversation | null;
  readonly messages: readonly Message[];
  readonly myId: string;
  readonly ready: boolean;
}

/** Announce each message of the other user once; an answer when it is complete (W18). */
export function useAnnouncement({ name, conversation, messages, myId, ready }: Options): void {
  const announced = useRef<number | null>(null);
  const last = conversation?.last_seq ?? 0;
  useEffect(() => {
    if (!ready) return;
    const before = announced.current;
    announced.current = last;
    // Messages that are loaded by scrolling are not new.
    if (before === null || last <= before) return;
    const isNew = (each: Message) =>
      each.seq > before && each.sender_id !== myId && each.deleted_at === null;
    const fresh = messages.filter(isNew);
    const newest = conversation?.last_message;
    if (fresh.length === 0 && newest && isNew(newest)) fresh.push(newest);
    if (fresh.length > MOST) announce(`${name}: ${t.newMessages(fresh.length)}`);
    else if (fresh.length > 0) {
      announce(`${name}: ${fresh.map((each) => previewOf(each).text).join(". ")}`);
    }
  }, [last, name, ready, messages, conversation, myId]);
}
