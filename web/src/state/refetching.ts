/** Fetches data again that the log only reports as changed. */

import { ApiError, type Conversation } from "backchannel-client";
import { client } from "./client";
import { database, forgetConversation, watch } from "./following";
import { type Stale, withFetched } from "./model";
import { getState, setMe, setState } from "./store";

/** The most requests for a conversation that changes faster than they are answered. */
const MOST = 5;

export async function refetch({ conversations, users }: Stale): Promise<void> {
  const known = getState().conversations;
  const ofUsers = Object.values(known).filter((each) => users.includes(each.peer_id));
  for (const id of new Set([...conversations, ...ofUsers.map((each) => each.id)])) {
    try {
      await fetchConversation(id);
    } catch (error) {
      // Otherwise it is fetched after its next change, and when the client starts.
      if (error instanceof ApiError && error.status === 404) await forgetConversation(id);
    }
  }
  const { me } = getState();
  if (!me || !users.includes(me.id)) return;
  const fresh = await client.api.me().catch(() => null);
  if (fresh) setMe(fresh);
}

/** Fetch, show and store a conversation. Raises `ApiError`. */
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

/** The log may bring changes newer than the response: then it is fetched again. */
async function newest(id: string): Promise<Conversation> {
  for (let left = MOST; ; left -= 1) {
    const before = getState().conversations[id];
    const fresh = await client.api.conversation(id);
    if (left === 1 || getState().conversations[id] === before) return fresh;
  }
}
