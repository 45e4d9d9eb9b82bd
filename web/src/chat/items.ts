/** Turns messages into the items of the thread: days, the unread line, groups. Pure. */

import type { Conversation, Message, Outgoing, Partial } from "backchannel-client";
import { corrected } from "../state/clock";
import { dayOf } from "../ui/format";
import { type SendState, stateOf } from "./tick";

/** Messages of one author closer than this are grouped; milliseconds. */
const GROUP = 5 * 60_000;

interface Grouped {
  readonly mine: boolean;
  readonly first: boolean;
  readonly last: boolean;
  /** The time is in the bubble; otherwise it is shown beside it on hover. */
  readonly timed: boolean;
}

export type Item =
  | { readonly kind: "beginning"; readonly key: string }
  | { readonly kind: "day"; readonly key: string; readonly at: string }
  | { readonly kind: "unread"; readonly key: string; readonly count: number }
  | ({
      readonly kind: "message";
      readonly key: string;
      readonly message: Message;
      readonly state: SendState | null;
      /** "Read" is below it. */
      readonly newestRead: boolean;
    } & Grouped)
  | ({ readonly kind: "outgoing"; readonly key: string; readonly outgoing: Outgoing } & Grouped)
  | {
      readonly kind: "answer";
      /** The question's key, so that an answer is not drawn anew when it is complete. */
      readonly key: string;
      /** Null while the answer grows. */
      readonly message: Message | null;
      readonly body: string;
    }
  | { readonly kind: "typing"; readonly key: string };

/** The `seq` of an item's message; null for items without one. */
export function seqOf(item: Item): number | null {
  return item.kind === "message" || item.kind === "answer" ? (item.message?.seq ?? null) : null;
}

export interface Divider {
  /** The read mark. */
  readonly after: number;
  readonly count: number;
}

export interface ThreadView {
  readonly messages: readonly Message[];
  readonly outgoing: readonly Outgoing[];
  readonly complete: boolean;
  readonly conversation: Conversation | null;
  readonly myId: string;
  /** The messages that were unread when the conversation was opened, if any. */
  readonly divider: Divider | null;
  readonly typing: boolean;
  /** The text so far of the answer that is growing in a session. */
  readonly partial: Partial | null;
}

interface Time {
  readonly at: number;
  readonly day: number;
}

interface Entry extends Time {
  readonly mine: boolean;
  readonly state: SendState | "failed" | null;
  readonly message?: Message;
  readonly outgoing?: Outgoing;
}

export function itemsOf(view: ThreadView): Item[] {
  const items: Item[] = view.complete ? [{ kind: "beginning", key: "beginning" }] : [];
  const entries = entriesOf(view);
  const drawn = firstDrawn(view);
  const newestRead = newestReadSeq(view);
  let divided = view.divider === null;
  entries.forEach((entry, index) => {
    if (index < drawn) return;
    const before = entries[index - 1];
    const after = entries[index + 1];
    if (before?.day !== entry.day) {
      const at = new Date(entry.at).toISOString();
      items.push({ kind: "day", key: `day-${at.slice(0, 10)}-${entry.at}`, at });
    }
    const isNew = !divided && !entry.mine && (entry.message?.seq ?? 0) > (view.divider?.after ?? 0);
    if (isNew) {
      divided = true;
      items.push({ kind: "unread", key: "unread", count: view.divider?.count ?? 0 });
    }
    items.push(
      view.conversation?.kind === "session" && !entry.mine && entry.message
        ? answerOf(entry.message)
        : itemOf(entry, isNew ? undefined : before, after, newestRead),
    );
  });
  const question = openQuestion(view);
  if (question !== null) {
    const body = view.partial?.question_seq === question ? view.partial.body : "";
    items.push({ kind: "answer", key: `answer-${question}`, message: null, body });
  }
  if (view.typing) items.push({ kind: "typing", key: "typing" });
  return items;
}

/**
 * The index of the first message that is drawn. Its day and group depend on the one before: the
 * oldest message waits until that one has loaded, so that nothing moves (W5).
 */
function firstDrawn({ messages, complete }: ThreadView): number {
  return complete || messages.length < 2 ? 0 : 1;
}

/** The items; unchanged ones are the same objects as before and are not drawn again. */
export function reused(before: readonly Item[], fresh: readonly Item[]): Item[] {
  const known = new Map(before.map((each) => [each.key, each]));
  return fresh.map((item) => {
    const old = known.get(item.key);
    return old && isSame(old, item) ? old : item;
  });
}

function isSame(one: Item, other: Item): boolean {
  const fields = Object.keys(other) as (keyof Item)[];
  return one.kind === other.kind && fields.every((name) => one[name] === other[name]);
}

function entriesOf({ messages, outgoing, conversation, myId }: ThreadView): Entry[] {
  const stored = messages.map((message): Entry => {
    const mine = message.sender_id === myId;
    const state = mine && conversation ? stateOf(message, conversation) : null;
    return { mine, ...timeOf(message), state, message };
  });
  const known = new Set(messages.map((message) => message.client_id));
  const waiting = outgoing
    .filter((each) => !known.has(each.client_id))
    .map((each): Entry => {
      const state = each.failed ? "failed" : "sending";
      const at = corrected(each.created_at);
      return { mine: true, at, day: dayOf(at), state, outgoing: each };
    });
  return [...stored, ...waiting];
}

const times = new WeakMap<Message, Time>();

function timeOf(message: Message): Time {
  const known = times.get(message);
  if (known) return known;
  const at = Date.parse(message.created_at);
  const time = { at, day: dayOf(at) };
  times.set(message, time);
  return time;
}

function itemOf(
  entry: Entry,
  before: Entry | undefined,
  after: Entry | undefined,
  newestRead: number,
): Item {
  const first = !before || !together(before, entry);
  const last = !after || !together(entry, after);
  const timed = last || (entry.mine && after?.state !== entry.state);
  const grouped = { mine: entry.mine, first, last, timed };
  if (entry.outgoing) {
    const { outgoing } = entry;
    return { kind: "outgoing", key: outgoing.client_id, outgoing, ...grouped };
  }
  const message = entry.message as Message;
  return {
    kind: "message",
    // A message keeps the key that it had in the outbox, so that it is not drawn anew.
    key: message.client_id ?? message.id,
    message,
    state: entry.state === "failed" ? null : entry.state,
    newestRead: message.seq === newestRead,
    ...grouped,
  };
}

function answerOf(message: Message): Item {
  const key = `answer-${message.reply_to ?? message.id}`;
  return { kind: "answer", key, message, body: message.body };
}

/** The question in a session that is being answered; questions are answered in their order. */
export function openQuestion({
  messages,
  conversation,
  myId,
}: Pick<ThreadView, "messages" | "conversation" | "myId">): number | null {
  if (conversation?.kind !== "session") return null;
  const answered = messages.findLast((each) => each.sender_id !== myId)?.reply_to ?? 0;
  const open = (each: Message) =>
    each.sender_id === myId && each.seq > answered && each.deleted_at === null;
  return messages.find(open)?.seq ?? null;
}

function together(one: Entry, other: Entry): boolean {
  const broken = one.state === "failed" || other.state === "failed";
  const close = other.at - one.at < GROUP && one.day === other.day;
  return one.mine === other.mine && close && !broken;
}

function newestReadSeq({ messages, conversation, myId }: ThreadView): number {
  if (conversation?.kind !== "direct") return 0;
  const read = conversation.theirs.read_seq;
  return (
    messages.findLast((each) => each.sender_id === myId && each.seq <= read && !each.deleted_at)
      ?.seq ?? 0
  );
}
