/** The client's state, and how each entry of the log changes it. Pure. */

import type { Conversation, LogEvent, Marks, Message, Receipt } from "backchannel-client";

/** A thread that is not in view stops growing at this many messages. */
const MOST_UNSEEN = 1_200;
const BLOCK_CHANGES = ["blocked", "unblocked"];

/** The loaded messages of a conversation: a range without gaps. */
export interface Thread {
  readonly messages: readonly Message[];
  /** The range begins with the first message. */
  readonly complete: boolean;
  /** The range ends with the newest message, and grows with new ones. */
  readonly live: boolean;
}

export interface Known {
  readonly conversations: Readonly<Record<string, Conversation>>;
  readonly threads: Readonly<Record<string, Thread>>;
  /** The time at which a receipt moved the other's read mark, by conversation; milliseconds. */
  readonly readAt: Readonly<Record<string, number>>;
  /** Counts the changes of the block list, which must be read again after each. */
  readonly blockChanges: number;
}

export const NOTHING: Known = { conversations: {}, threads: {}, readAt: {}, blockChanges: 0 };

/** The data to fetch because an entry only says that they have changed. */
export interface Stale {
  readonly conversations: readonly string[];
  readonly users: readonly string[];
}

export interface Applied {
  readonly known: Known;
  readonly stale: Stale;
}

export function applyEvents(
  known: Known,
  events: readonly LogEvent[],
  myId: string,
  now: number,
): Applied {
  let next = known;
  const conversations = new Set<string>();
  const users = new Set<string>();
  for (const event of events) {
    if (event.kind === "profile") {
      users.add(event.data.user_id);
    } else if (event.kind === "conversation" || !next.conversations[event.data.conversation_id]) {
      conversations.add(event.data.conversation_id);
      if (event.kind === "message") next = withMessage(next, event.data);
      if (event.kind === "conversation" && BLOCK_CHANGES.includes(event.data.change)) {
        next = { ...next, blockChanges: next.blockChanges + 1 };
      }
    } else if (event.kind === "receipt") {
      next = withReceipt(next, event.data, myId, now);
      if (needsCount(next, event.data, myId)) conversations.add(event.data.conversation_id);
    } else {
      next = withMessage(next, event.data);
      next = withNews(next, event.data, myId, event.kind);
    }
  }
  return { known: next, stale: { conversations: [...conversations], users: [...users] } };
}

/** Insert or replace messages that adjoin or overlap the loaded range. */
export function mergeMessages(
  held: readonly Message[],
  fresh: readonly Message[],
): readonly Message[] {
  if (fresh.length === 0) return held;
  const bySeq = new Map(held.map((message) => [message.seq, message]));
  for (const message of fresh) {
    const old = bySeq.get(message.seq);
    if (!old || message.revision >= old.revision) bySeq.set(message.seq, keepKey(message, old));
  }
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}

/** Insert a fetched conversation, unless the log has brought a newer one. */
export function withFetched(known: Known, fresh: Conversation): Known {
  const old = known.conversations[fresh.id];
  if (!old || fresh.last_seq >= old.last_seq) return withConversation(known, fresh);
  const { peer, name, settings, request } = fresh;
  return withConversation(known, { ...old, peer, name, settings, request });
}

function withConversation(known: Known, conversation: Conversation): Known {
  const conversations = { ...known.conversations, [conversation.id]: conversation };
  return { ...known, conversations };
}

/** Remove a conversation that no longer exists. */
export function withoutConversation(known: Known, id: string): Known {
  const { [id]: _, ...conversations } = known.conversations;
  const { [id]: __, ...threads } = known.threads;
  return { ...known, conversations, threads };
}

/** The users who are typing, without those who have written. */
export function stopTyping(
  typing: Readonly<Record<string, number>>,
  events: readonly LogEvent[],
  myId: string,
): Readonly<Record<string, number>> {
  const written = events.flatMap(({ kind, data }) =>
    kind === "message" && data.sender_id !== myId ? [data.conversation_id] : [],
  );
  if (!written.some((id) => id in typing)) return typing;
  return Object.fromEntries(Object.entries(typing).filter(([id]) => !written.includes(id)));
}

/** Pinned conversations, then the newest activity first. */
export function inOrder(conversations: Known["conversations"]): Conversation[] {
  return Object.values(conversations).sort(
    (one, other) =>
      Number(other.settings.pinned) - Number(one.settings.pinned) ||
      compare(other.updated_at, one.updated_at) ||
      compare(one.id, other.id),
  );
}

/** Compare times and ids by code units, independent of the language. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function withMessage(known: Known, message: Message): Known {
  const thread = known.threads[message.conversation_id];
  if (!thread) return known;
  const last = thread.messages.at(-1)?.seq ?? message.seq - 1;
  const first = thread.messages[0]?.seq ?? message.seq;
  if (message.seq < first || message.seq > last + 1) return known;
  const next = message.seq > last || thread.messages.length === 0;
  if (next && !thread.live) return known;
  const changed =
    next && thread.messages.length >= MOST_UNSEEN
      ? { ...thread, live: false }
      : { ...thread, messages: next ? [...thread.messages, message] : replaced(thread, message) };
  return { ...known, threads: { ...known.threads, [message.conversation_id]: changed } };
}

function replaced({ messages }: Thread, message: Message): readonly Message[] {
  return mergeMessages(messages, [message]);
}

function withNews(known: Known, message: Message, myId: string, kind: string): Known {
  const old = known.conversations[message.conversation_id];
  if (!old) return known;
  const fresh = message.seq > old.last_seq;
  const theirs = message.sender_id !== myId && message.seq > old.mine.read_seq;
  const change = !theirs ? 0 : fresh && kind === "message" ? 1 : kind === "delete" ? -1 : 0;
  const newest = fresh || message.seq === old.last_message?.seq;
  return withConversation(known, {
    ...old,
    last_seq: Math.max(old.last_seq, message.seq),
    last_message: newest ? message : old.last_message,
    updated_at: fresh ? message.created_at : old.updated_at,
    unread: Math.max(0, old.unread + change),
  });
}

function withReceipt(known: Known, receipt: Receipt, myId: string, now: number): Known {
  const old = known.conversations[receipt.conversation_id];
  if (!old) return known;
  if (receipt.user_id === myId) {
    const mine = forward(old.mine, receipt);
    const unread = mine.read_seq >= old.last_seq ? 0 : counted(known, old, mine.read_seq, myId);
    return withConversation(known, { ...old, mine, unread: unread ?? old.unread });
  }
  const theirs = forward(old.theirs, receipt);
  const moved = theirs.read_seq > old.theirs.read_seq;
  const readAt = moved ? { ...known.readAt, [old.id]: now } : known.readAt;
  return withConversation({ ...known, readAt }, { ...old, theirs });
}

/** The number of unread messages after `readSeq`, or null if not all are loaded. */
function counted(
  known: Known,
  conversation: Conversation,
  readSeq: number,
  myId: string,
): number | null {
  const messages = known.threads[conversation.id]?.messages ?? [];
  const first = messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  if (first > readSeq + 1) return null;
  return messages.filter((each) => isUnread(each, readSeq, myId)).length;
}

function isUnread(message: Message, readSeq: number, myId: string): boolean {
  return message.seq > readSeq && message.sender_id !== myId && message.deleted_at === null;
}

function needsCount(known: Known, receipt: Receipt, myId: string): boolean {
  const conversation = known.conversations[receipt.conversation_id];
  if (!conversation || receipt.user_id !== myId) return false;
  if (conversation.mine.read_seq >= conversation.last_seq) return false;
  return counted(known, conversation, conversation.mine.read_seq, myId) === null;
}

function forward(old: Marks, fresh: Marks): Marks {
  return {
    delivered_seq: Math.max(old.delivered_seq, fresh.delivered_seq),
    read_seq: Math.max(old.read_seq, fresh.read_seq),
  };
}

function keepKey(message: Message, old: Message | undefined): Message {
  const key = message.client_id ?? old?.client_id;
  return key === undefined ? message : { ...message, client_id: key };
}
