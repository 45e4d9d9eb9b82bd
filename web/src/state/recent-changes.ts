/** The latest changes of messages in the log, including messages that are not loaded. */

import type { LogEvent, Message } from "backchannel-client";

/** More changes than arrive during a request. */
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

/** The current message: a response may be older than a change in the log. */
export function latest(message: Message): Message {
  const change = changes.get(keyOf(message));
  return change && change.revision > message.revision ? change : message;
}

export function forgetChanges(): void {
  changes.clear();
}
