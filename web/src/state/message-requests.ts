/** Message requests: first messages that wait until the user accepts them. */

import type { Conversation } from "backchannel-client";
import { attempt } from "./actions";
import { client } from "./client";
import { database } from "./following";
import { getState, setState } from "./store";

/** Accept or decline; true if that succeeded. */
export async function answerRequest(id: string, answer: "accepted" | "declined"): Promise<boolean> {
  const done = await attempt(() => client.api.answerRequest(id, answer));
  const old = getState().conversations[id];
  if (done && old) {
    const changed: Conversation = { ...old, request: answer === "accepted" ? null : "declined" };
    setState(({ conversations }) => ({ conversations: { ...conversations, [id]: changed } }));
    await database()?.keepConversations([changed]);
  }
  return done;
}
