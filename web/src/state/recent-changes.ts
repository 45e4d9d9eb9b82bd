/** The latest changes of messages in the log, also of messages that are not in the store. */

import type { LogEvent, Message } from "backchannel-client";

/** More than arrive while a request is answered. */
const MOST = 1_000;

const changes = new Map<string, Message>();

const keyOf = ({ conversation_id, seq }: Message) => `${conversation_id} ${seq}`;

export function noteChanges(events: readonly LogEvent[]): void {
  for (const event of events) {
    if (event.kind !== "edit" && event.kind !== "delete" && event.kind !== "reaction") continue;
    const key = keyOf(event.data);
    changes.delete(key);
    changes.set(key, event.data);
    const [oldest] = changes.keys();
    if (changes.size > MOST && oldest !== undefined) changes.delete(oldest);
  }
}

/** The message as it is now: it may have been read before a change, and answered after it. */
export function latest(message: Message): Message {
  const change = changes.get(keyOf(message));
  return change && change.revision > message.revision ? change : message;
}

export function forgetChanges(): void {
  changes.clear();
}
