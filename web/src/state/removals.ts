/** Messages that the user has deleted, until the server has deleted them (rule W11). */

import { ApiError, type Message } from "backchannel-client";
import { showRefusal } from "./actions";
import { client } from "./client";
import { now } from "./clock";
import { database, ownsConnection, postToTabs } from "./following";
import { loadRemovals } from "./local";
import { applyEvents } from "./model";
import type { Removal } from "./schema";
import { getState, setState, useStore } from "./store";

/** Milliseconds in which a deletion can be undone. */
const UNDO = 6_000;
/** Milliseconds before a deletion that the server could not store is tried again. */
const RETRY = 5_000;

/** Show a message as deleted; it is deleted after six seconds without an undo. */
export async function remove({ id, conversation_id, seq }: Message): Promise<void> {
  const removal = { id, conversation_id, seq, due: Date.now() + UNDO };
  setState((state) => ({ removals: { ...state.removals, [id]: removal } }));
  await database()?.keepRemoval(removal);
  postToTabs({ type: "removals" });
}

export async function undoRemoval({ id }: Removal): Promise<void> {
  setState((state) => ({ removals: without(state.removals, id) }));
  await database()?.forgetRemoval(id);
  postToTabs({ type: "removals" });
}

/** The message as it is shown: without its contents while its deletion is pending. */
export function asShown(message: Message, removals: Removals): Message {
  const removal = removals[message.id];
  if (!removal || message.deleted_at !== null) return message;
  const deleted_at = new Date(removal.due).toISOString();
  return { ...message, body: "", files: [], reactions: {}, deleted_at };
}

export function allAsShown(messages: readonly Message[], removals: Removals): readonly Message[] {
  if (Object.keys(removals).length === 0) return messages;
  return messages.map((each) => asShown(each, removals));
}

type Removals = Readonly<Record<string, Removal>>;

function without(removals: Removals, id: string): Removals {
  return Object.fromEntries(Object.entries(removals).filter(([each]) => each !== id));
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** The tab that owns the connection carries the deletions out; the others may close meanwhile. */
function schedule(wait = 0): void {
  clearTimeout(timer);
  const { removals, link } = getState();
  const due = Math.min(...Object.values(removals).map((each) => each.due));
  if (link !== "online" || !ownsConnection() || due === Number.POSITIVE_INFINITY) return;
  timer = setTimeout(() => void carryOut(), Math.max(wait, due - Date.now()));
}

/** Delete the messages whose time to undo is over, or all before a later `until`. */
export async function carryOut(until = Date.now()): Promise<void> {
  const held = database();
  for (const removal of (await held?.removals()) ?? []) {
    if (removal.due > until) continue;
    try {
      const gone = await client.api.delete(removal);
      if (database() !== held) return; // signed out meanwhile
      deleted(gone);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.transient) return schedule(RETRY);
      await showRefusal(error);
    }
    await held?.forgetRemoval(removal.id);
  }
  if (held) await loadRemovals(held);
}

/** Apply the deletion before the log does, so that the message does not reappear. */
function deleted(data: Message): void {
  const myId = getState().me?.id ?? "";
  const event = { kind: "delete", position: 0, previous: 0, data } as const;
  setState((state) => applyEvents(state, [event], myId, now()).known);
}

useStore.subscribe((now, before) => {
  if (now.removals !== before.removals || now.link !== before.link) schedule();
});
