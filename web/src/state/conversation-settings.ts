/** The user's settings of a conversation: pinned, muted, archived, marked as unread. */

import type { Conversation, ConversationSettings } from "backchannel-client";
import { attempt, markRead } from "./actions";
import { client } from "./client";
import { now as serverTime } from "./clock";
import { database } from "./following";
import { getState, setState } from "./store";

/** The latest time that every part of the software accepts. */
const FOREVER = "9999-12-31T00:00:00.000Z";
const HOUR = 3_600_000;

export function isMuted({ settings }: Conversation, now = serverTime()): boolean {
  return settings.muted_until !== null && Date.parse(settings.muted_until) > now;
}

/** True if it has unread messages or is marked as unread. */
export function isUnread({ unread, settings }: Conversation): boolean {
  return unread > 0 || settings.marked_unread;
}

/** Mute it for some hours or for good; with 0, unmute it. */
export function mute(conversation: Conversation, hours: number): Promise<void> {
  const until =
    hours === 0
      ? null
      : Number.isFinite(hours)
        ? new Date(serverTime() + hours * HOUR).toISOString()
        : FOREVER;
  return changeSettings(conversation, { muted_until: until });
}

/** Mark a conversation as unread, or as read to its end. */
export async function setUnread(conversation: Conversation, unread: boolean): Promise<void> {
  if (!unread) await markRead(conversation.id, conversation.last_seq);
  if (unread !== conversation.settings.marked_unread) {
    await changeSettings(conversation, { marked_unread: unread });
  }
}

/** Show the change at once, and undo it if the server refuses it. */
export async function changeSettings(
  { id, settings }: Conversation,
  change: Partial<ConversationSettings>,
): Promise<void> {
  const changed = Object.keys(change) as (keyof ConversationSettings)[];
  const before = Object.fromEntries(changed.map((name) => [name, settings[name]]));
  await keep(id, change);
  const done = await attempt(() => client.api.changeSettings(id, change));
  if (!done) await keep(id, before);
}

async function keep(id: string, change: Partial<ConversationSettings>): Promise<void> {
  const old = getState().conversations[id];
  if (!old) return;
  const changed = { ...old, settings: { ...old.settings, ...change } };
  setState(({ conversations }) => ({ conversations: { ...conversations, [id]: changed } }));
  await database()?.keepConversations([changed]);
}
