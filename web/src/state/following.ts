/** Joins the log, this device's database and the page's state. */

import {
  ApiError,
  type Conversation,
  IndexedDbOutbox,
  type LogEvent,
  type Place,
  type Presence,
  type Typing,
} from "backchannel-client";
import { client } from "./client";
import { Database, outboxName } from "./database";
import { loadDrafts, loadRemovals, loadUploads } from "./local";
import { applyEvents, type Stale, withFetched, withoutConversation } from "./model";
import { EMPTY, getState, setState } from "./store";
import { type TabMessage, Tabs } from "./tabs";

/** Milliseconds after which the other no longer counts as typing. */
const TYPING_LIFE = 6_000;
/** At most so many conversations are read when a device begins. */
const LISTED = 2_000;
const WATCHED = 200;

interface Opened {
  readonly userId: string;
  readonly database: Database;
  readonly outbox: IndexedDbOutbox;
  readonly tabs: Tabs;
}

let opened: Opened | null = null;
/** The position that the page's state stands at. */
let shown = -1;

export const database = (): Database | null => opened?.database ?? null;
export const tellTabs = (message: TabMessage): void => opened?.tabs.tell(message);
export const leads = (): boolean => opened?.tabs.leads ?? false;

/** Show what this device holds, and follow the log from there. */
export async function follow(userId: string): Promise<void> {
  await unfollow();
  const database = await Database.open(userId);
  const outbox = new IndexedDbOutbox(outboxName(userId));
  opened = { userId, database, outbox, tabs: new Tabs(userId, heard) };
  await client.keepOutbox(outbox);
  await restore();
  opened.tabs.lead(() => void connect(userId));
  opened.tabs.tell({ say: "hello" });
}

/** Close everything; `erase` also removes what this device holds. */
export async function unfollow(erase = false): Promise<void> {
  const held = opened;
  opened = null;
  client.disconnect();
  setState({ ...EMPTY, me: getState().me });
  if (!held) return;
  held.tabs.close();
  // What could not be deleted yet is deleted when this user signs in again.
  const kept = erase && (await held.database.removals()).length > 0;
  if (kept) await held.database.empty();
  held.database.close();
  await held.outbox.close();
  if (erase) await Database.erase(held.userId, kept);
}

async function restore(): Promise<void> {
  if (!opened) return;
  const { database } = opened;
  const [conversations, place] = await Promise.all([
    database.conversations(),
    database.place(),
    loadDrafts(database),
    loadRemovals(database),
    loadUploads(database),
  ]);
  setState({
    conversations: Object.fromEntries(conversations.map((each) => [each.id, each])),
    listed: place !== null,
    threads: {},
  });
  shown = place?.position ?? 0;
}

async function connect(userId: string): Promise<void> {
  if (opened?.userId !== userId) return;
  const place = await opened.database.place();
  // The tab that led before may have stored what it had no time to tell.
  if ((place?.position ?? 0) !== shown) await restore();
  await client.reloadOutbox();
  client.connect(place, { apply, reset });
  watch();
}

async function apply(events: readonly LogEvent[], place: Place): Promise<void> {
  const held = opened;
  if (!held) return;
  const before = getState().conversations;
  const { known, stale } = applyEvents(getState(), events, held.userId, Date.now());
  const changed = Object.values(known.conversations).filter((each) => before[each.id] !== each);
  await held.database.apply(events, changed, place);
  shown = place.position;
  // The state may have changed while the disk worked.
  const applied = applyEvents(getState(), events, held.userId, Date.now());
  setState({ ...applied.known, typing: stopTyping(events, held.userId) });
  tellTabs({ say: "applied", events, place });
  if (meets(events, held.userId)) watch();
  void refetch(stale);
}

async function reset(place: Place): Promise<void> {
  const conversations: Conversation[] = [];
  let before: string | null = null;
  do {
    const page = await client.api.conversations(before);
    conversations.push(...page.items);
    before = page.next;
  } while (before !== null && conversations.length < LISTED);
  await opened?.database.rebuild(conversations, place);
  await restore();
  tellTabs({ say: "reset" });
  watch();
}

async function refetch({ conversations, users }: Stale): Promise<void> {
  const known = getState().conversations;
  const ofUsers = Object.values(known).filter((each) => users.includes(each.peer_id));
  const ids = new Set([...conversations, ...ofUsers.map((each) => each.id)]);
  for (const id of ids) {
    try {
      const fresh = await client.api.conversation(id);
      const isNew = !getState().conversations[id];
      setState((state) => withFetched(state, fresh));
      await opened?.database.keepConversations([fresh]);
      if (isNew) watch();
    } catch (error) {
      // Else it is asked for again when something happens in it, and when the client starts.
      if (error instanceof ApiError && error.status === 404) await forgetConversation(id);
    }
  }
  const { me } = getState();
  if (me && users.includes(me.id)) setState({ me: await client.api.me().catch(() => me) });
}

/** Forget a conversation that the server no longer has. */
export async function forgetConversation(id: string): Promise<void> {
  setState((state) => withoutConversation(state, id));
  await opened?.database.forgetConversation(id);
}

/** Whether somebody has written of whom nothing is known: presence needs both to have written. */
function meets(events: readonly LogEvent[], myId: string): boolean {
  const { presence } = getState();
  return events.some(({ kind, data }) => {
    if (kind !== "message") return false;
    const other = data.sender_id === myId ? data.recipient_id : data.sender_id;
    return presence[other] === undefined;
  });
}

function stopTyping(events: readonly LogEvent[], myId: string): Record<string, number> {
  const typing = { ...getState().typing };
  for (const event of events) {
    if (event.kind === "message" && event.data.sender_id !== myId) {
      delete typing[event.data.conversation_id];
    }
  }
  return typing;
}

/** Be told of the presence of the people at the top of the list. */
export function watch(): void {
  const peers = Object.values(getState().conversations)
    .filter((each) => each.kind === "direct")
    .sort((one, other) => other.updated_at.localeCompare(one.updated_at))
    .map((each) => each.peer_id);
  if (leads()) client.watch(peers.slice(0, WATCHED));
}

function heardTyping(typing: Typing): void {
  setState((state) => {
    const next = { ...state.typing };
    if (typing.active) next[typing.conversation_id] = Date.now() + TYPING_LIFE;
    else delete next[typing.conversation_id];
    return { typing: next };
  });
}

function heardPresence(presence: Presence): void {
  setState((state) => ({ presence: { ...state.presence, [presence.user_id]: presence } }));
}

/** Another tab has something to say. */
function heard(message: TabMessage): void {
  switch (message.say) {
    case "applied": {
      const myId = opened?.userId ?? "";
      shown = message.place.position;
      const { known, stale } = applyEvents(getState(), message.events, myId, Date.now());
      setState({ ...known, typing: stopTyping(message.events, myId) });
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
      heardTyping(message.typing);
      break;
    case "presence":
      heardPresence(message.presence);
      break;
    case "partial":
      setState((state) => ({
        partials: { ...state.partials, [message.partial.conversation_id]: message.partial },
      }));
      break;
    case "outbox":
      void client.reloadOutbox();
      break;
    case "draft":
      if (opened) void loadDrafts(opened.database);
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
    case "write":
      if (leads()) client.typing(message.conversationId, message.active);
      break;
    case "stop":
      if (leads()) client.stopAnswer(message.conversationId);
      break;
    case "hello":
      greet();
      break;
    case "signed-out":
      location.reload();
  }
}

function greet(): void {
  if (!leads()) return;
  const { link, presence } = getState();
  tellTabs({ say: "state", state: link });
  for (const each of Object.values(presence)) tellTabs({ say: "presence", presence: each });
}

client.on("state", (link) => {
  setState({ link });
  if (leads()) tellTabs({ say: "state", state: link });
});
client.on("outbox", (outbox) => {
  setState({ outbox });
  if (leads()) tellTabs({ say: "outbox" });
});
client.on("typing", (typing) => {
  heardTyping(typing);
  tellTabs({ say: "typing", typing });
});
client.on("presence", (presence) => {
  heardPresence(presence);
  tellTabs({ say: "presence", presence });
});
client.on("partial", (partial) => {
  heard({ say: "partial", partial });
  tellTabs({ say: "partial", partial });
});
