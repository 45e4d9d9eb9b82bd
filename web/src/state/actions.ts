/** The user's actions in conversations. */

import {
  ApiError,
  type Conversation,
  type FileInfo,
  type Message,
  type Outgoing,
} from "backchannel-client";
import { t } from "../strings";
import { client } from "./client";
import { isFull } from "./device-storage";
import { database, forgetConversation, ownsConnection, postToTabs } from "./following";
import { leaving } from "./local";
import { withFetched } from "./model";
import { fetchConversation } from "./refetching";
import { type Draft, emptyDraft } from "./schema";
import { getState, setState } from "./store";

/** A typing notice is valid for six seconds; it is repeated while the user types. */
const TYPING_EVERY = 5_000;
/** Characters of the question after which a session is named. */
const LONGEST_NAME = 60;

/** Fetch a conversation that this device does not know; null if there is none. */
export async function findConversation(id: string): Promise<Conversation | null> {
  try {
    return await fetchConversation(id);
  } catch (error) {
    if (error instanceof ApiError && !error.transient) return null;
    throw error;
  }
}

/** Milliseconds between two read marks, so that many new messages cause few requests. */
const READ_EVERY = 250;

/** The marks being sent to the server, by conversation. */
const reading = new Map<string, number>();

/** Send the mark; of later marks meanwhile, only the newest is sent afterwards. */
export async function markRead(id: string, seq: number): Promise<void> {
  const conversation = getState().conversations[id];
  if (!conversation || conversation.request || seq <= conversation.mine.read_seq) return;
  const sending = reading.has(id);
  reading.set(id, Math.max(seq, reading.get(id) ?? 0));
  if (sending) return;
  try {
    for (let sent = 0; sent < (reading.get(id) ?? 0); ) {
      sent = reading.get(id) ?? 0;
      await client.api.markRead(id, sent);
      await new Promise((done) => setTimeout(done, READ_EVERY));
    }
  } catch {
    // It is sent again when the conversation is next shown with a connection.
  } finally {
    reading.delete(id);
  }
}

/** Send the draft, and empty it. */
export async function send(draft: Draft, conversation: Conversation | null): Promise<void> {
  const session = conversation?.kind === "session";
  leaving.add(draft);
  // At once: text typed while the outbox is written belongs to the next message.
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
    leaving.delete(draft);
    await putBack(draft);
    if (!isFull(problem)) throw problem;
    showToast(t.noRoomInThisTab);
    return;
  }
  typingStopped();
  leaving.delete(draft);
  await saveDraft(getState().drafts[draft.key] ?? emptyDraft(draft.key));
}

/** Make an unsent message a draft again. */
export async function editOutgoing(key: string, outgoing: Outgoing): Promise<void> {
  const { client_id, body, reply_to, files } = outgoing;
  await putBack({ key, text: body, reply_to, files });
  await discard(client_id); // last, so that no text is lost in between
}

/** Put the unsent text before text that has been typed since. */
async function putBack(draft: Draft): Promise<void> {
  const since = getState().drafts[draft.key] ?? emptyDraft(draft.key);
  await saveDraft({
    ...draft,
    ...since,
    text: [draft.text, since.text].filter(Boolean).join("\n"),
    reply_to: draft.reply_to ?? since.reply_to,
    files: eachOnce([...draft.files, ...since.files]),
  });
}

/** A message may name each file once. */
export function eachOnce(files: readonly FileInfo[]): FileInfo[] {
  return [...new Map(files.map((each) => [each.id, each])).values()];
}

/** Send a file that no draft holds to the other member of a conversation. */
export async function sendFile(
  to: string,
  file: FileInfo,
  more: { readonly clientId: string; readonly replyTo: number | null },
): Promise<void> {
  await client.send({ to, body: "", files: [file], ...more });
}

/** Ask the same question in a session again. */
export async function askAgain({ conversation_id, body, files }: Message): Promise<void> {
  const to = getState().conversations[conversation_id]?.peer_id;
  if (to) await client.send({ to, conversationId: conversation_id, body, files });
}

export async function retry(clientId: string): Promise<void> {
  await client.retry(clientId);
}

export async function discard(clientId: string): Promise<void> {
  await client.discard(clientId);
}

export async function saveDraft(draft: Draft): Promise<void> {
  setState((state) => ({ drafts: { ...state.drafts, [draft.key]: draft } }));
  await database()?.keepDraft(draft);
  postToTabs({ type: "drafts" });
}

let typingSince = 0;
let typingIn: string | null = null;

/** The user is typing in a conversation. */
export function typingHere(id: string): void {
  const now = Date.now();
  if (typingIn === id && now - typingSince < TYPING_EVERY) return;
  typingIn = id;
  typingSince = now;
  sendTyping(id, true);
}

/** The user has sent the text, emptied the field, or left. */
export function typingStopped(): void {
  if (typingIn !== null) sendTyping(typingIn, false);
  typingIn = null;
}

function sendTyping(conversationId: string, active: boolean): void {
  if (ownsConnection()) client.typing(conversationId, active);
  else postToTabs({ type: "send-typing", conversationId, active });
}

/** Open a session with the assistant, and go to it. */
export async function openSession(go: (path: string) => void): Promise<void> {
  await attempt(async () => {
    const opened = await client.api.openSession(t.newSession);
    setState((state) => withFetched(state, opened));
    await database()?.keepConversations([opened]);
    go(`/c/${opened.id}`);
  });
}

/** Name a session after its first question, until the user renames it. */
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

/** Stop the answer that is being given in a session; its text so far is kept. */
export function stopAnswer(conversationId: string): void {
  if (ownsConnection()) client.stopAnswer(conversationId);
  else postToTabs({ type: "stop-answer", conversationId });
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

/** Run an action; true if it succeeded, otherwise a notice gives the reason. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await showRefusal(error);
    return false;
  }
}

/** Say why the server has refused something. */
export async function showRefusal(error: ApiError): Promise<void> {
  if (error.status === 0) return showToast(t.unreachable); // without it, nothing can be loaded
  const { refusalText } = await import("../strings/refusals");
  showToast(await refusalText(error));
}
