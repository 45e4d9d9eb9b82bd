/** The loaded messages of a conversation: a range at its end or anywhere. */

import { ApiError, type Message } from "backchannel-client";
import { client } from "./client";
import type { Database } from "./database";
import { database } from "./following";
import { mergeMessages, type Thread } from "./model";
import { getState, setState } from "./store";

const PAGE = 60;
/** If more are loaded, those far from the reader are dropped. */
export const MOST_HELD = 600;
/** Conversations whose messages stay in memory. */
const MOST_THREADS = 20;

const opened: string[] = [];

/** Load the newest messages, or those where reading stopped; from this device at once. */
export async function openThread(id: string): Promise<void> {
  const held = database();
  if (!held || getState().threads[id]) return;
  const unread = firstUnread(id);
  const messages = await newest(held, id);
  if (database() !== held || getState().threads[id]) return; // opened elsewhere meanwhile
  if (unread === null || reaches(messages, unread)) {
    hold(id, messages);
    return;
  }
  try {
    await openAround(id, unread);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (database() === held && !getState().threads[id]) hold(id, messages);
  }
}

/** Load the messages on both sides of `seq`; true if it is among them. */
export async function openAround(id: string, seq: number): Promise<boolean> {
  const held = database();
  if (!held) return false;
  const thread = getState().threads[id];
  if (thread && reaches(thread.messages, seq) && seq <= lastOf(thread.messages)) return true;
  let messages: readonly Message[] = await held.around(id, seq, PAGE);
  if (messages.length === 0 || !reaches(messages, seq)) {
    messages = await held.keepMessages(await client.api.messages(id, { around: seq, limit: PAGE }));
  }
  if (database() !== held) return false;
  hold(id, messages);
  return messages.some((each) => each.seq === seq);
}

/** Load the newest messages in place of the present ones. */
export async function openNewest(id: string): Promise<void> {
  const held = database();
  if (!held) return;
  const messages = await newest(held, id);
  if (database() === held) hold(id, messages);
}

/** Add older messages before the loaded ones, once `still` resolves; true if there were any. */
export async function loadOlder(id: string, still: () => Promise<void>): Promise<boolean> {
  const thread = getState().threads[id];
  if (!thread || thread.complete) return false;
  const older = await readBefore(id, firstOf(thread.messages));
  await still();
  change(id, (now) => {
    const messages = mergeMessages(now.messages, older);
    return { ...now, messages, complete: older.length === 0 || firstOf(messages) === 1 };
  });
  await painted();
  dropNewest(id);
  return older.length > 0;
}

/** Add newer messages after the loaded ones; true if there were any. */
export async function loadNewer(id: string): Promise<boolean> {
  const thread = getState().threads[id];
  if (!thread || thread.live) return false;
  const newer = await readAfter(id, lastOf(thread.messages));
  change(id, (now) => {
    const messages = mergeMessages(now.messages, newer);
    return { ...now, messages, live: newer.length === 0 || lastOf(messages) >= lastSeq(id) };
  });
  await painted();
  dropOldest(id);
  return newer.length > 0;
}

/** The messages before `seq`, from this device if it has them; empty at the beginning. */
export async function readBefore(id: string, seq: number): Promise<readonly Message[]> {
  const local = (await database()?.before(id, seq, PAGE)) ?? [];
  if (local.length > 0) return local;
  const read = await client.api.messages(id, { before: seq, limit: PAGE });
  return (await database()?.keepMessages(read)) ?? read;
}

/** The messages after `seq`, from this device if it has them; empty at the end. */
export async function readAfter(id: string, seq: number): Promise<readonly Message[]> {
  const local = (await database()?.after(id, seq, PAGE)) ?? [];
  if (local.length > 0) return local;
  const read = await client.api.messages(id, { after: seq, limit: PAGE });
  return (await database()?.keepMessages(read)) ?? read;
}

/** Drop messages far above the reader. */
export function dropOldest(id: string): void {
  change(id, (now) =>
    now.messages.length <= MOST_HELD
      ? now
      : { ...now, messages: now.messages.slice(-MOST_HELD), complete: false },
  );
}

function dropNewest(id: string): void {
  change(id, (now) =>
    now.messages.length <= MOST_HELD
      ? now
      : { ...now, messages: now.messages.slice(0, MOST_HELD), live: false },
  );
}

/** The position at which reading stopped before the end; null if everything has been read. */
function firstUnread(id: string): number | null {
  const conversation = getState().conversations[id];
  return conversation && conversation.unread > 0 ? conversation.mine.read_seq + 1 : null;
}

async function newest(held: Database, id: string): Promise<readonly Message[]> {
  let messages: readonly Message[] = await held.newest(id, PAGE);
  if (messages.length === 0 || lastSeq(id) - lastOf(messages) > PAGE) {
    messages = await held.keepMessages(await client.api.messages(id, { limit: PAGE }));
  }
  // Messages that arrived meanwhile are in the log, but not in a thread yet.
  while (lastOf(messages) < lastSeq(id)) {
    const more = await client.api.messages(id, { after: lastOf(messages), limit: PAGE });
    if (more.length === 0) break;
    messages = mergeMessages(messages, await held.keepMessages(more));
  }
  return messages;
}

function hold(id: string, messages: readonly Message[]): void {
  setState((state) => {
    const complete = messages.length === 0 || firstOf(messages) === 1;
    const live = lastOf(messages) >= (state.conversations[id]?.last_seq ?? 0);
    return { threads: { ...kept(id, state.threads), [id]: { messages, complete, live } } };
  });
}

/** The most recently opened threads. */
function kept(id: string, threads: Readonly<Record<string, Thread>>) {
  if (opened.includes(id)) opened.splice(opened.indexOf(id), 1);
  opened.push(id);
  const gone = new Set(opened.splice(0, Math.max(0, opened.length - MOST_THREADS)));
  return Object.fromEntries(Object.entries(threads).filter(([each]) => !gone.has(each)));
}

function change(id: string, work: (thread: Thread) => Thread): void {
  setState((state) => {
    const now = state.threads[id];
    const next = now && work(now);
    return next && next !== now ? { threads: { ...state.threads, [id]: next } } : {};
  });
}

/** True if they include `seq` and the message before, without which it is not drawn. */
const reaches = (messages: readonly Message[], seq: number) =>
  firstOf(messages) < seq || firstOf(messages) === 1;

const lastSeq = (id: string) => getState().conversations[id]?.last_seq ?? 0;
const firstOf = (messages: readonly Message[]) => messages[0]?.seq ?? 1;
const lastOf = (messages: readonly Message[]) => messages.at(-1)?.seq ?? 0;

/** Messages are added at one end and dropped at the other in two steps, so that nothing moves. */
const painted = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
