import type { Conversation, Message, Outgoing } from "backchannel-client";
import { describe, expect, it } from "vitest";
import { type Item, itemsOf, openQuestion, reused, type ThreadView } from "../src/chat/items";

const NOON = Date.parse("2026-05-04T12:00:00Z");

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
    created_at: new Date(NOON + seq * 1_000).toISOString(),
    edited_at: null,
    deleted_at: null,
    reactions: {},
    files: [],
    ...fields,
  };
}

function outgoing(id: string, failed = false): Outgoing {
  const problem = failed ? { code: "blocked", message: "no" } : null;
  const rest = { conversation_id: null, body: id, reply_to: null, files: [], failed: problem };
  return { client_id: id, to: "grace", created_at: NOON + 60_000, ...rest };
}

const CONVERSATION = {
  id: "c",
  kind: "direct",
  theirs: { delivered_seq: 0, read_seq: 0 },
} as Conversation;

function view(fields: Partial<ThreadView>): Item[] {
  return itemsOf({
    messages: [],
    outgoing: [],
    complete: true,
    conversation: CONVERSATION,
    myId: "ada",
    divider: null,
    typing: false,
    partial: null,
    ...fields,
  });
}

const kinds = (items: Item[]) => items.map((item) => item.kind);

describe("items of a thread", () => {
  it("begin with the card only at the first message", () => {
    expect(kinds(view({}))).toEqual(["beginning"]);
    expect(kinds(view({ complete: false }))).toEqual([]);
  });

  it("test_W5 stay as they are when older ones are added before them", () => {
    const messages = [1, 2, 3, 4, 5].map((seq) => message(seq));
    const before = view({ messages: messages.slice(2), complete: false });
    const after = view({ messages, complete: false });
    expect(kinds(before)).toEqual(["message", "message"]);
    expect(after.slice(-before.length)).toEqual(before);
    expect(kinds(view({ messages: messages.slice(4), complete: false }))).toEqual([
      "day",
      "message",
    ]);
  });

  it("are the same objects while they do not change", () => {
    const messages = [1, 2, 3].map((seq) => message(seq));
    const before = view({ messages });
    const after = reused(before, view({ messages: [...messages, message(4)] }));
    expect(after.map((item) => before.includes(item))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("have each day once", () => {
    const later = message(3, { created_at: "2026-05-05T12:00:00Z" });
    const items = view({ messages: [message(1), message(2), later] });
    expect(kinds(items)).toEqual(["beginning", "day", "message", "message", "day", "message"]);
  });

  it("test_W6 have the unread line before the first message of the other user past the mark", () => {
    const mine = message(3, { sender_id: "ada" });
    const items = view({
      messages: [message(1), message(2), mine, message(4)],
      divider: { after: 2, count: 1 },
    });
    const at = items.findIndex((item) => item.kind === "unread");
    expect(items[at]).toMatchObject({ count: 1 });
    expect(items[at + 1]).toMatchObject({ kind: "message", message: { seq: 4 } });
  });

  it("group messages of one author within five minutes", () => {
    const late = message(3, { created_at: new Date(NOON + 10 * 60_000).toISOString() });
    const items = view({ messages: [message(1), message(2), late] });
    const shape = items.flatMap((item) =>
      item.kind === "message" ? [[item.first, item.last, item.timed]] : [],
    );
    expect(shape).toEqual([
      [true, false, false],
      [false, true, true],
      [true, true, true],
    ]);
  });

  it("show the time if the state differs from the next message's", () => {
    const messages = [1, 2].map((seq) => message(seq, { sender_id: "ada" }));
    const conversation = { ...CONVERSATION, theirs: { delivered_seq: 2, read_seq: 1 } };
    const items = view({ messages, conversation });
    expect(items.filter((item) => item.kind === "message")).toMatchObject([
      { state: "read", timed: true, newestRead: true },
      { state: "delivered", timed: true, newestRead: false },
    ]);
  });

  it("test_W1 keep the key of a message when it is sent", () => {
    const before = view({ outgoing: [outgoing("k1")] }).at(-1);
    const stored = message(1, { sender_id: "ada", client_id: "k1" });
    const after = view({ messages: [stored], outgoing: [outgoing("k1")] });
    expect(after.at(-1)?.key).toBe(before?.key);
    expect(kinds(after)).toEqual(["beginning", "day", "message"]);
  });

  it("do not group a failed message", () => {
    const items = view({ outgoing: [outgoing("k1"), outgoing("k2", true), outgoing("k3")] });
    expect(items.filter((item) => item.kind === "outgoing")).toMatchObject([
      { first: true, last: true },
      { first: true, last: true },
      { first: true, last: true },
    ]);
  });
});

describe("answers in a session (W18)", () => {
  const session = { ...CONVERSATION, kind: "session" } as Conversation;
  const asked = (seq: number) => message(seq, { sender_id: "ada" });
  const answered = (seq: number, question: number) => message(seq, { reply_to: question });
  const partial = { conversation_id: "c", question_seq: 3, body: "So" };

  it("test_W18 keep the key of their question while they grow and once they are complete", () => {
    const before = [asked(1), answered(2, 1), asked(3)];
    const growing = view({ conversation: session, messages: before, partial });
    const whole = view({ conversation: session, messages: [...before, answered(4, 3)] });
    expect(growing.at(-1)).toEqual({ kind: "answer", key: "answer-3", message: null, body: "So" });
    expect(whole.at(-1)).toMatchObject({ kind: "answer", key: "answer-3", body: "text 4" });
  });

  it("test_W18 come one after the other", () => {
    const messages = [asked(1), asked(2), answered(3, 1)];
    expect(openQuestion({ messages, conversation: session, myId: "ada" })).toBe(2);
    expect(openQuestion({ messages: [], conversation: session, myId: "ada" })).toBeNull();
  });

  it("test_W18 are not expected for a deleted question, nor from a user", () => {
    const gone = message(1, { sender_id: "ada", deleted_at: "2026-05-04T12:00:09Z" });
    expect(openQuestion({ messages: [gone], conversation: session, myId: "ada" })).toBeNull();
    expect(openQuestion({ messages: [asked(1)], conversation: CONVERSATION, myId: "ada" })).toBe(
      null,
    );
  });

  it("test_W18 do not show the text for another question", () => {
    const late = { ...partial, question_seq: 1 };
    const items = view({ conversation: session, messages: [asked(3)], partial: late });
    expect(items.at(-1)).toMatchObject({ kind: "answer", message: null, body: "" });
  });
});
