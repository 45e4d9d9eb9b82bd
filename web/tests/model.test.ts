import type { Conversation, LogEvent, Message } from "backchannel-client";
import { describe, expect, it } from "vitest";
import {
  applyEvents,
  inOrder,
  type Known,
  mergeMessages,
  NOTHING,
  withFetched,
} from "../src/state/model";

const at = (second: number) => new Date(Date.UTC(2026, 4, 4, 12, 0, second)).toISOString();

function message(seq: number, fields: Partial<Message> = {}): Message {
  return {
    conversation_id: "c",
    seq,
    id: `m${seq}`,
    sender_id: "grace",
    recipient_id: "ada",
    kind: "text",
    body: `text ${seq}`,
    reply_to: null,
    revision: 0,
    created_at: at(seq),
    edited_at: null,
    deleted_at: null,
    reactions: {},
    files: [],
    ...fields,
  };
}

const event = (kind: "message" | "edit" | "delete", data: Message): LogEvent => ({
  kind,
  position: data.seq,
  previous: data.seq - 1,
  data,
});

const SETTINGS = { pinned: false, archived: false, marked_unread: false, muted_until: null };

function known(fields: Partial<Conversation> = {}, messages: Message[] = []): Known {
  const conversation = {
    id: "c",
    kind: "direct",
    peer_id: "grace",
    last_seq: messages.length,
    unread: 0,
    mine: { delivered_seq: 0, read_seq: messages.length },
    theirs: { delivered_seq: 0, read_seq: 0 },
    updated_at: at(0),
    last_message: messages.at(-1) ?? null,
    settings: SETTINGS,
    ...fields,
  } as Conversation;
  return {
    ...NOTHING,
    conversations: { c: conversation },
    threads: { c: { messages, complete: true, live: true } },
  };
}

const apply = (state: Known, ...events: LogEvent[]) => applyEvents(state, events, "ada", 1_000);

describe("the log", () => {
  it("test_W13 counts the messages of the other user, and none of the user's own", () => {
    const own = message(2, { sender_id: "ada" });
    const { known: after } = apply(known(), event("message", message(1)), event("message", own));
    expect(after.conversations.c?.unread).toBe(1);
    expect(after.threads.c?.messages.map((each) => each.seq)).toEqual([1, 2]);
  });

  it("test_W13 follows the one read mark of the server", () => {
    const first = apply(known(), event("message", message(1)), event("message", message(2)));
    const mark = { conversation_id: "c", user_id: "ada", delivered_seq: 2, read_seq: 1 };
    const receipt: LogEvent = { kind: "receipt", position: 3, previous: 2, data: mark };
    expect(apply(first.known, receipt).known.conversations.c?.unread).toBe(1);
    const all = { ...receipt, data: { ...mark, read_seq: 2 } } as LogEvent;
    expect(apply(first.known, all).known.conversations.c?.unread).toBe(0);
  });

  it("test_W13 no longer counts a message that was deleted unread", () => {
    const { known: one } = apply(known(), event("message", message(1)));
    const gone = message(1, { deleted_at: at(5), revision: 1, body: "" });
    expect(apply(one, event("delete", gone)).known.conversations.c?.unread).toBe(0);
  });

  it("changes nothing when a message comes twice", () => {
    const { known: once } = apply(known(), event("message", message(1)));
    const { known: twice } = apply(once, event("message", message(1)));
    expect(twice.conversations.c).toEqual(once.conversations.c);
    expect(twice.threads.c?.messages).toHaveLength(1);
  });

  it("keeps the higher revision, in whatever order they arrive", () => {
    const edited = message(1, { body: "edited", revision: 2 });
    const merged = mergeMessages([edited], [message(1, { body: "older", revision: 1 })]);
    expect(merged[0]?.body).toBe("edited");
  });

  it("keeps a thread without gaps", () => {
    const { known: after } = apply(known({}, [message(1)]), event("message", message(3)));
    expect(after.threads.c?.messages.map((each) => each.seq)).toEqual([1]);
  });

  it("requests an unknown conversation", () => {
    const { stale } = apply(NOTHING, event("message", message(1)));
    expect(stale.conversations).toEqual(["c"]);
  });

  it.each(["blocked", "unblocked"])("counts a change of the block list: %s", (change) => {
    const data = { conversation_id: "c", change };
    const changed: LogEvent = { kind: "conversation", position: 1, previous: 0, data };
    expect(apply(known(), changed).known.blockChanges).toBe(1);
    const renamed: LogEvent = { ...changed, data: { ...data, change: "renamed" } };
    expect(apply(known(), renamed).known.blockChanges).toBe(0);
  });

  it("ignores a conversation that is older than the log", () => {
    const { known: after } = apply(known(), event("message", message(1)));
    const stale = { ...(known().conversations.c as Conversation), unread: 7 };
    expect(withFetched(after, stale).conversations.c?.unread).toBe(1);
    const newer = { ...stale, last_seq: 2 };
    expect(withFetched(after, newer).conversations.c?.unread).toBe(7);
  });

  it("puts pinned conversations first, then the newest", () => {
    const two = known().conversations.c as Conversation;
    const newer = { ...two, id: "d", updated_at: at(9) };
    expect(inOrder({ c: two, d: newer }).map((each) => each.id)).toEqual(["d", "c"]);
    const pinned = { ...two, settings: { ...SETTINGS, pinned: true } };
    expect(inOrder({ c: pinned, d: newer }).map((each) => each.id)).toEqual(["c", "d"]);
  });
});
