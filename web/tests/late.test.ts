/** Data that are read or received late do not replace newer ones. */

import "fake-indexeddb/auto";
import {
  ApiError,
  type Conversation,
  type ConversationSettings,
  type FileInfo,
  type LogEvent,
  type Message,
} from "backchannel-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { saveDraft, send } from "../src/state/actions";
import { client } from "../src/state/client";
import { changeSettings } from "../src/state/conversation-settings";
import type { Database } from "../src/state/database";
import { database, follow, unfollow } from "../src/state/following";
import { loadDrafts, loadRemovals } from "../src/state/local";
import { fetchConversation } from "../src/state/refetching";
import { remove, undoRemoval } from "../src/state/removals";
import { emptyDraft } from "../src/state/schema";
import { getState, setState } from "../src/state/store";
import { loadOlder, openAround, openThread } from "../src/state/threads";
import { sendVoice } from "../src/state/uploads";

const MARKS = { delivered_seq: 0, read_seq: 0 };
const SETTINGS = { pinned: false, archived: false, muted_until: null, marked_unread: false };

function conversation(fields: Partial<Conversation> = {}): Conversation {
  const about = { id: "c", kind: "direct", peer_id: "grace", peer: null, key: null, name: null };
  const told = { last_seq: 3, unread: 3, mine: MARKS, theirs: MARKS, last_message: null };
  const rest = { created_at: "", updated_at: "", settings: SETTINGS, request: null };
  return { ...about, ...told, ...rest, ...fields } as Conversation;
}

function message(seq: number, fields: Partial<Message> = {}): Message {
  const place = { id: `m${seq}`, conversation_id: "c", seq, sender_id: "grace", revision: 0 };
  return { ...place, body: `text ${seq}`, files: [], deleted_at: null, ...fields } as Message;
}

/** Responses that the test sends, in the order of the requests. */
function held<Value>() {
  const answers: ((value: Value) => void)[] = [];
  const ask = () => new Promise<Value>((resolve) => answers.push(resolve));
  return { answers, ask };
}

const opened = (): Database => {
  const now = database();
  if (!now) throw new Error("nothing has been opened");
  return now;
};

beforeEach(async () => {
  vi.spyOn(client, "connect").mockReturnValue();
  await follow("ada");
});
afterEach(() => unfollow(true));

it("W11: a deletion is not lost to a read that began before it", async () => {
  const reading = loadRemovals(opened());
  const removing = remove(message(1));
  await reading;
  expect(Object.keys(getState().removals)).toEqual(["m1"]);
  await removing;
});

it("W11: an undo is not lost to a read that began before it", async () => {
  await remove(message(1));
  const [removal] = Object.values(getState().removals);
  const reading = loadRemovals(opened());
  const undoing = removal && undoRemoval(removal);
  await reading;
  expect(getState().removals).toEqual({});
  await undoing;
});

it("W4: typed text is not lost to a draft that another tab has stored", async () => {
  await saveDraft({ ...emptyDraft("grace"), text: "Half" });
  const saving = saveDraft({ ...emptyDraft("grace"), text: "Half past eight" });
  await loadDrafts(opened());
  expect(getState().drafts.grace?.text).toBe("Half past eight");
  await saving;
});

it("W4: a draft does not reappear while its message is put into the outbox", async () => {
  const draft = { ...emptyDraft("grace"), text: "Half past eight" };
  await saveDraft(draft);
  const { answers, ask } = held<never>();
  vi.spyOn(client, "send").mockImplementation(ask);
  const sending = send(draft, null);
  await loadDrafts(opened());
  expect(getState().drafts.grace?.text).toBe("");
  answers[0]?.(undefined as never);
  await sending;
  await loadDrafts(opened());
  expect(getState().drafts.grace?.text ?? "").toBe("");
});

it("W8: a file that is uploaded while a voice message is stored stays in the draft", async () => {
  const voice = { waveform: new Uint8Array(48), replyTo: 7 };
  await saveDraft({ ...emptyDraft("grace"), reply_to: 7 });
  vi.spyOn(client, "upload").mockReturnValue(new Promise(() => {}));
  const sending = sendVoice("grace", new Blob(["sound"], { type: "audio/webm" }), voice);
  const file = { id: "f", name: "plan.txt" } as FileInfo;
  await saveDraft({ ...emptyDraft("grace"), reply_to: 7, files: [file] });
  await sending;
  expect(getState().drafts.grace).toMatchObject({ reply_to: null, files: [file] });
});

it("shows no data of a user who signed out while they were read", async () => {
  await remove(message(1));
  await saveDraft({ ...emptyDraft("grace"), text: "Half" });
  const before = opened();
  const reading = Promise.all([loadDrafts(before), loadRemovals(before)]);
  const leaving = unfollow();
  await reading;
  await leaving;
  expect(getState()).toMatchObject({ drafts: {}, removals: {} });
});

it("W1: a conversation is fetched again if the log has changed it meanwhile", async () => {
  setState({ conversations: { c: conversation() } });
  const { answers, ask } = held<Conversation>();
  vi.spyOn(client.api, "conversation").mockImplementation(ask);
  const fetching = fetchConversation("c");
  const read = { delivered_seq: 3, read_seq: 3 };
  const told = conversation({ theirs: read, unread: 0, mine: read });
  setState({ conversations: { c: told } });
  answers[0]?.(conversation());
  await vi.waitFor(() => expect(answers).toHaveLength(2), 60_000);
  answers[1]?.(told);
  await fetching;
  expect(getState().conversations.c).toMatchObject({ theirs: read, mine: read, unread: 0 });
});

it("a refused setting does not undo another one", async () => {
  setState({ conversations: { c: conversation() } });
  const { answers, ask } = held<ConversationSettings>();
  vi.spyOn(client.api, "changeSettings").mockImplementation(ask as never);
  const both = [
    changeSettings(conversation(), { pinned: true }),
    changeSettings(conversation(), { archived: true }),
  ];
  await vi.waitFor(() => expect(answers).toHaveLength(2), 60_000);
  answers[0]?.(Promise.reject(new ApiError(403, "no", "no")) as never);
  answers[1]?.(SETTINGS as never);
  await Promise.all(both);
  expect(getState().conversations.c?.settings).toMatchObject({ pinned: false, archived: true });
});

it("W12: a jump is not lost while the end is still being read", async () => {
  setState({ conversations: { c: conversation({ last_seq: 500, unread: 0 }) } });
  const { answers, ask } = held<Message[]>();
  vi.spyOn(client.api, "messages").mockImplementation(ask as never);
  const opening = openThread("c");
  await vi.waitFor(() => expect(answers).toHaveLength(1), 60_000);
  const jumping = openAround("c", 100);
  await vi.waitFor(() => expect(answers).toHaveLength(2), 60_000);
  answers[1]?.([message(99), message(100), message(101)]);
  await jumping;
  answers[0]?.([message(499), message(500)]);
  await opening;
  expect(getState().threads.c?.messages.map((each) => each.seq)).toEqual([99, 100, 101]);
});

it("an edit is not lost to messages that were fetched before it", async () => {
  setState({ conversations: { c: conversation({ last_seq: 2, unread: 0 }) } });
  const { answers, ask } = held<Message[]>();
  vi.spyOn(client.api, "messages").mockImplementation(ask as never);
  const opening = openThread("c");
  await vi.waitFor(() => expect(answers).toHaveLength(1), 60_000);
  const edited = message(2, { body: "edited", revision: 1 });
  await opened().keepMessages([edited]); // as the log does
  answers[0]?.([message(1), message(2)]);
  await opening;
  expect(getState().threads.c?.messages.map((each) => each.body)).toEqual(["text 1", "edited"]);
});

it("an edit from the log is not lost while older messages are being read", async () => {
  const thread = { messages: [message(3)], complete: false, live: true };
  const known = conversation({ last_seq: 3, unread: 0 });
  setState({ conversations: { c: known }, threads: { c: thread } });
  const { answers, ask } = held<Message[]>();
  vi.spyOn(client.api, "messages").mockImplementation(ask as never);
  vi.spyOn(client.api, "conversation").mockResolvedValue(known);
  const loading = loadOlder("c", async () => {});
  await vi.waitFor(() => expect(answers).toHaveLength(1), 60_000);
  const [, log] = vi.mocked(client.connect).mock.calls.at(-1) ?? [];
  const data = message(2, { body: "edited", revision: 1 });
  await log?.apply([{ kind: "edit", data } as LogEvent], { epoch: "e", position: 1 });
  answers[0]?.([message(1), message(2)]);
  await loading;
  const bodies = getState().threads.c?.messages.map((each) => each.body);
  expect(bodies).toEqual(["text 1", "edited", "text 3"]);
});
