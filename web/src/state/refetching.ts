/** Fetches anew what the log only says has changed. */

import { ApiError, type Conversation } from "backchannel-client";
import { client } from "./client";
import { database, forgetConversation, watch } from "./following";
import { type Stale, withFetched } from "./model";
import { getState, setMe, setState } from "./store";

/** Times that a conversation is asked for while the log tells of it faster than it is answered. */
const MOST = 5;

export async function refetch({ conversations, users }: Stale): Promise<void> {
  const known = getState().conversations;
  const ofUsers = Object.values(known).filter((each) => users.includes(each.peer_id));
  for (const id of new Set([...conversations, ...ofUsers.map((each) => each.id)])) {
    try {
      await fetchConversation(id);
    } catch (error) {
      // Else it is asked for again when something happens in it, and when the client starts.
      if (error instanceof ApiError && error.status === 404) await forgetConversation(id);
    }
  }
  const { me } = getState();
  if (!me || !users.includes(me.id)) return;
  const fresh = await client.api.me().catch(() => null);
  if (fresh) setMe(fresh);
}

/** Show and keep a conversation as the server has it. Raises `ApiError`. */
export async function fetchConversation(id: string): Promise<Conversation> {
  const held = database();
  const fresh = await newest(id);
  if (database() !== held) return fresh; // signed out meanwhile
  const isNew = !getState().conversations[id];
  setState((state) => withFetched(state, fresh));
  await held?.keepConversations([fresh]);
  if (isNew) watch();
  return fresh;
}

/** What the log tells while the server answers may be newer than the answer: it is asked again. */
async function newest(id: string): Promise<Conversation> {
  for (let left = MOST; ; left -= 1) {
    const before = getState().conversations[id];
    const fresh = await client.api.conversation(id);
    if (left === 1 || getState().conversations[id] === before) return fresh;
  }
}
