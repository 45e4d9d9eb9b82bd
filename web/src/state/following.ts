/** Joins the log, this device's database and the page's state. */

import {
  type Checkpoint,
  type Conversation,
  IndexedDbOutbox,
  type LogEvent,
  type Page,
  type Presence,
  type Typing,
} from "backchannel-client";
import { client } from "./client";
import { now } from "./clock";
import { forgetAllContents, forgetContents } from "./content";
import { Database } from "./database";
import { FallbackOutbox } from "./device-storage";
import { loadDrafts, loadRemovals, loadUploads } from "./local";
import { applyEvents, stopTyping, withoutConversation } from "./model";
import { forgetChanges, noteChanges } from "./recent-changes";
import { refetch } from "./refetching";
import { outboxName } from "./schema";
import { EMPTY, getState, setState } from "./store";
import { type TabMessage, Tabs } from "./tabs";
import { throttled } from "./throttle";

/** Milliseconds after which the other user no longer counts as typing. */
const TYPING_LIFE = 6_000;
/** At most this many conversations are read on a new device. */
const LISTED = 2_000;
const WATCHED = 200;
/** Milliseconds (two frames): events that arrive within this time change the page together. */
const APPLY_EVERY = 32;

interface Opened {
  readonly userId: string;
  readonly database: Database;
  readonly outbox: IndexedDbOutbox;
  readonly tabs: Tabs;
}

let opened: Opened | null = null;
/** The log position of the page's state. */
let shown = -1;

export const database = (): Database | null => opened?.database ?? null;
export const postToTabs = (message: TabMessage): void => opened?.tabs.post(message);
export const ownsConnection = (): boolean => opened?.tabs.ownsConnection ?? false;

let turn: Promise<void> = Promise.resolve();

/** One after the other: `end` must find everything that `begin` has started. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

/** Show this device's data, and follow the log from there. */
export const follow = (userId: string) => inTurn(() => begin(userId));

/** Close everything; `erase` also removes this device's data. */
export const unfollow = (erase = false) => inTurn(() => end(erase));

async function begin(userId: string): Promise<void> {
  await end(false);
  const database = await Database.open(userId);
  const outbox = new IndexedDbOutbox(outboxName(userId));
  opened = { userId, database, outbox, tabs: new Tabs(userId, receive) };
  await client.keepOutbox(
    new FallbackOutbox(outbox, ownsConnection, () => postToTabs({ type: "outbox" })),
  );
  await restore();
  opened.tabs.lead(() => void inTurn(() => connect(userId)));
  opened.tabs.post({ type: "hello" });
  opened.tabs.post({ type: "drafts" }); // an earlier page may have left some
}

async function end(erase: boolean): Promise<void> {
  const held = opened;
  opened = null;
  client.disconnect();
  forgetChanges();
  setState({ ...EMPTY, me: getState().me });
  if (!held) return;
  held.tabs.close();
  // Data that could not be deleted yet are deleted when this user signs in again.
  const kept = erase && (await held.database.removals()).length > 0;
  if (kept) await held.database.empty();
  held.database.close();
  await held.outbox.close();
  if (!erase) return;
  await Database.erase(held.userId, kept);
  await forgetAllContents();
}

async function restore(): Promise<void> {
  const held = opened;
  if (!held) return;
  const { database } = held;
  const before = shown;
  const [conversations, checkpoint] = await Promise.all([
    database.conversations(),
    database.checkpoint(),
    loadDrafts(database),
    loadRemovals(database),
    loadUploads(database),
  ]);
  if (opened !== held) return;
  if (shown !== before) return restore(); // another tab has applied newer events meanwhile
  setState({
    conversations: byId(conversations),
    listed: checkpoint !== null,
    threads: {},
    blockChanges: getState().blockChanges + 1, // changes in between are not known
  });
  shown = checkpoint?.position ?? 0;
}

async function connect(userId: string): Promise<void> {
  if (opened?.userId !== userId) return;
  const checkpoint = await opened.database.checkpoint();
  // The tab that owned the connection before may have stored events without posting them.
  if ((checkpoint?.position ?? 0) !== shown) await restore();
  await client.reloadOutbox();
  client.connect(checkpoint, { apply: throttled(APPLY_EVERY, apply), reset });
  watch();
}

async function apply(events: readonly LogEvent[], checkpoint: Checkpoint): Promise<void> {
  const held = opened;
  if (!held) return;
  noteChanges(events);
  const before = getState().conversations;
  const { known, stale } = applyEvents(getState(), events, held.userId, now());
  const changed = Object.values(known.conversations).filter((each) => before[each.id] !== each);
  const deleted = events.flatMap((each) => (each.kind === "delete" ? [each.data] : []));
  await forgetContents(await held.database.filesOf(deleted));
  await held.database.apply(events, changed, checkpoint);
  if (opened !== held) return;
  shown = checkpoint.position;
  // The state may have changed during the write.
  const applied = applyEvents(getState(), events, held.userId, now());
  setState({ ...applied.known, typing: stopTyping(getState().typing, events, held.userId) });
  postToTabs({ type: "applied", events, checkpoint });
  if (meets(events, held.userId)) watch();
  void refetch(stale);
}

async function reset(checkpoint: Checkpoint): Promise<void> {
  const conversations: Conversation[] = [];
  const read = [
    (cursor: string | null) => client.api.conversations(cursor),
    (cursor: string | null) => client.api.messageRequests(cursor),
  ];
  for (const list of read) {
    let before: string | null = null;
    do {
      const page: Page<Conversation> = await list(before);
      conversations.push(...page.items);
      before = page.next;
    } while (before !== null && conversations.length < LISTED);
  }
  await opened?.database.rebuild(conversations, checkpoint);
  if (opened?.database.full) setState({ conversations: byId(conversations), listed: true });
  else await restore();
  postToTabs({ type: "reset" });
  watch();
}

const byId = (conversations: readonly Conversation[]) =>
  Object.fromEntries(conversations.map((each) => [each.id, each]));

/** Remove a conversation that the server no longer has. */
export async function forgetConversation(id: string): Promise<void> {
  setState((state) => withoutConversation(state, id));
  await opened?.database.forgetConversation(id);
}

/** True after a message of a user whose presence is unknown: it needs messages of both. */
function meets(events: readonly LogEvent[], myId: string): boolean {
  const { presence } = getState();
  return events.some(({ kind, data }) => {
    if (kind !== "message") return false;
    const other = data.sender_id === myId ? data.recipient_id : data.sender_id;
    return presence[other] === undefined;
  });
}

/** Follow the presence of the people at the top of the list. */
export function watch(): void {
  const peers = Object.values(getState().conversations)
    .filter((each) => each.kind === "direct" && !each.request)
    .sort((one, other) => other.updated_at.localeCompare(one.updated_at))
    .map((each) => each.peer_id);
  if (ownsConnection()) client.watch(peers.slice(0, WATCHED));
}

function receiveTyping(typing: Typing): void {
  setState((state) => {
    const next = { ...state.typing };
    if (typing.active) next[typing.conversation_id] = Date.now() + TYPING_LIFE;
    else delete next[typing.conversation_id];
    return { typing: next };
  });
}

function receivePresence(presence: Presence): void {
  setState((state) => ({ presence: { ...state.presence, [presence.user_id]: presence } }));
}

/** Handle a message of another tab. */
function receive(message: TabMessage): void {
  switch (message.type) {
    case "applied": {
      const myId = opened?.userId ?? "";
      shown = message.checkpoint.position;
      noteChanges(message.events);
      const { known, stale } = applyEvents(getState(), message.events, myId, now());
      setState({ ...known, typing: stopTyping(getState().typing, message.events, myId) });
      void refetch(stale);
      break;
    }
    case "reset":
      void restore();
      break;
    case "state":
      setState({ link: message.state });
      break;
    case "typing":
      receiveTyping(message.typing);
      break;
    case "presence":
      receivePresence(message.presence);
      break;
    case "partial":
      setState((state) => ({
        partials: { ...state.partials, [message.partial.conversation_id]: message.partial },
      }));
      break;
    case "outbox":
      void client.reloadOutbox();
      break;
    case "drafts":
      // If nothing can be stored, only this page has the data.
      if (opened && !getState().deviceFull) void loadDrafts(opened.database);
      break;
    case "removals":
      if (opened) void loadRemovals(opened.database);
      break;
    case "uploads":
      if (opened) void loadUploads(opened.database);
      break;
    case "upload":
      setState(({ uploads }) => {
        const old = uploads[message.id];
        return old ? { uploads: { ...uploads, [old.id]: { ...old, ...message.fields } } } : {};
      });
      break;
    case "send-typing":
      if (ownsConnection()) client.typing(message.conversationId, message.active);
      break;
    case "stop-answer":
      if (ownsConnection()) client.stopAnswer(message.conversationId);
      break;
    case "hello":
      sendState();
      break;
    case "signed-out":
      location.reload();
  }
}

function sendState(): void {
  if (!ownsConnection()) return;
  postToTabs({ type: "state", state: getState().link });
  for (const presence of Object.values(getState().presence))
    postToTabs({ type: "presence", presence });
}

client.on("state", (link) => {
  setState({ link });
  if (ownsConnection()) postToTabs({ type: "state", state: link });
});
client.on("outbox", (outbox) => setState({ outbox }));
client.on("typing", (typing) => {
  receiveTyping(typing);
  postToTabs({ type: "typing", typing });
});
client.on("presence", (presence) => {
  receivePresence(presence);
  postToTabs({ type: "presence", presence });
});
client.on("partial", (partial) => {
  receive({ type: "partial", partial });
  postToTabs({ type: "partial", partial });
});
