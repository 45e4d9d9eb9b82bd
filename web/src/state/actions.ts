/** What a user does in conversations. */

import { ApiError, type Conversation, type Message } from "backchannel-client";
import { t } from "../strings";
import { client } from "./client";
import { type Draft, emptyDraft } from "./database";
import { database, forgetConversation, leads, tellTabs, watch } from "./following";
import { withFetched } from "./model";
import { getState, setState } from "./store";

/** A typing notice is good for six seconds; it is repeated while the user writes. */
const TYPING_EVERY = 5_000;
/** Characters of a question that a session is called after. */
const LONGEST_NAME = 60;

/** Fetch a conversation that this device does not know; null if there is none. */
export async function findConversation(id: string): Promise<Conversation | null> {
  try {
    const found = await client.api.conversation(id);
    setState((state) => withFetched(state, found));
    await database()?.keepConversations([found]);
    watch();
    return found;
  } catch (error) {
    if (error instanceof ApiError && !error.transient) return null;
    throw error;
  }
}

export async function markRead(id: string, seq: number): Promise<void> {
  const conversation = getState().conversations[id];
  if (!conversation || seq <= conversation.mine.read_seq) return;
  try {
    await client.api.markRead(id, seq);
  } catch {
    // The conversation says so again when it is next shown with a connection.
  }
}

/** Send what the draft says, and empty it. */
export async function send(draft: Draft, conversation: Conversation | null): Promise<void> {
  const session = conversation?.kind === "session";
  // At once: what is typed while the outbox is written belongs to the next message.
  setState((state) => ({ drafts: { ...state.drafts, [draft.key]: emptyDraft(draft.key) } }));
  try {
    await client.send({
      to: conversation?.peer_id ?? draft.key,
      conversationId: session ? conversation.id : null,
      body: draft.text.trim(),
      replyTo: draft.reply_to,
      files: draft.files,
    });
    if (session && conversation.last_seq === 0) void nameAfter(draft.text, conversation.id);
  } catch (problem) {
    const typed = getState().drafts[draft.key]?.text ?? "";
    await saveDraft({ ...draft, text: typed ? `${draft.text}\n${typed}` : draft.text });
    throw problem;
  }
  if (!leads()) tellTabs({ say: "outbox" });
  await saveDraft(getState().drafts[draft.key] ?? emptyDraft(draft.key));
  typingStopped();
}

/** Send a text that no draft holds, such as a question that is asked again. */
export async function say(text: string, conversation: Conversation | null): Promise<void> {
  if (!conversation) return;
  const session = conversation.kind === "session" ? conversation.id : null;
  await client.send({ to: conversation.peer_id, conversationId: session, body: text });
  if (!leads()) tellTabs({ say: "outbox" });
}

export async function retry(clientId: string): Promise<void> {
  await client.retry(clientId);
  if (!leads()) tellTabs({ say: "outbox" });
}

export async function discard(clientId: string): Promise<void> {
  await client.discard(clientId);
  if (!leads()) tellTabs({ say: "outbox" });
}

export async function saveDraft(draft: Draft): Promise<void> {
  setState((state) => ({ drafts: { ...state.drafts, [draft.key]: draft } }));
  await database()?.keepDraft(draft);
  tellTabs({ say: "draft", key: draft.key });
}

let typingSince = 0;
let typingIn: string | null = null;

/** The user has written something in a conversation. */
export function typingHere(id: string): void {
  const now = Date.now();
  if (typingIn === id && now - typingSince < TYPING_EVERY) return;
  typingIn = id;
  typingSince = now;
  tellTyping(id, true);
}

/** The user has sent it, emptied the field, or left. */
export function typingStopped(): void {
  if (typingIn !== null) tellTyping(typingIn, false);
  typingIn = null;
}

function tellTyping(conversationId: string, active: boolean): void {
  if (leads()) client.typing(conversationId, active);
  else tellTabs({ say: "write", conversationId, active });
}

/** Open a session with the assistant, and go to it. */
export async function openSession(go: (path: string) => void): Promise<void> {
  await attempt(async () => {
    const opened = await client.api.openSession();
    setState((state) => withFetched(state, opened));
    await database()?.keepConversations([opened]);
    go(`/c/${opened.id}`);
  });
}

/** A session is called after its first question, until the user renames it. */
async function nameAfter(question: string, id: string): Promise<void> {
  const [line = ""] = question.trim().split("\n");
  const name = line.length > LONGEST_NAME ? `${line.slice(0, LONGEST_NAME)}…` : line;
  await client.api.renameSession(id, name).catch(() => {}); // it keeps the name it has
}

export async function renameSession(id: string, name: string): Promise<boolean> {
  return attempt(() => client.api.renameSession(id, name));
}

export async function deleteSession(id: string): Promise<boolean> {
  return attempt(async () => {
    await client.api.deleteSession(id);
    await forgetConversation(id);
  });
}

/** Cut short the answer that is being given in a session; what there is of it stays. */
export function stopAnswer(conversationId: string): void {
  if (leads()) client.stopAnswer(conversationId);
  else tellTabs({ say: "stop", conversationId });
}

export async function react(message: Message, emoji: string): Promise<void> {
  const myId = getState().me?.id ?? "";
  const active = !message.reactions[emoji]?.includes(myId);
  await attempt(() => client.api.react(message, emoji, active));
}

export async function edit(message: Message, body: string): Promise<boolean> {
  return attempt(() => client.api.edit(message, body));
}

export function showToast(text: string): void {
  const toast = { text };
  setState({ toast });
  setTimeout(() => setState((state) => (state.toast === toast ? { toast: null } : {})), 4_000);
}

/** Do it, or tell the user why it did not work; true if it did. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showToast(error.status === 0 ? t.unreachable : error.message);
    return false;
  }
}
