/** The users whom the user has blocked. */

import { ApiError, type User } from "backchannel-client";
import { useEffect } from "react";
import { t } from "../strings";
import { attempt, showToast } from "./actions";
import { client } from "./client";
import { getState, setState, useStore } from "./store";

/** Counts the requests, so that an older answer never replaces a newer one. */
let latest = 0;

/** The block list, read again when any device changes it; null until it has been read. */
export function useBlocks(): readonly User[] | null {
  const changes = useStore((state) => state.blockChanges);
  const online = useStore((state) => state.link === "online");
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change makes it out of date
  useEffect(() => {
    if (online) void loadBlocks();
  }, [changes, online]);
  return useStore((state) => state.blocks);
}

export function useIsBlocked(userId: string): boolean {
  return useBlocks()?.some((each) => each.id === userId) ?? false;
}

/** Block or unblock a user. True if that succeeded; otherwise a notice gives the reason. */
export async function setBlocked(userId: string, blocked: boolean): Promise<boolean> {
  const done = await attempt(() => client.api.setBlocked(userId, blocked));
  if (done && blocked) showToast(t.blockedNotice);
  if (done) await loadBlocks();
  return done;
}

async function loadBlocks(): Promise<void> {
  const mine = ++latest;
  const myId = getState().me?.id;
  const blocks: User[] = [];
  try {
    let cursor: string | null = null;
    do {
      const page = await client.api.blocks(cursor);
      blocks.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return; // a change by the user would show the error
  }
  if (mine === latest && getState().me?.id === myId) setState({ blocks });
}
