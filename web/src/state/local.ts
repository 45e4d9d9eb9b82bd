/** What only this device knows: drafts, deletions that can be undone, files on their way. */

import type { Database } from "./database";
import { getState, setState, type Upload } from "./store";

export async function loadDrafts(database: Database): Promise<void> {
  setState({ drafts: byKey(await database.drafts(), (each) => each.key) });
}

export async function loadRemovals(database: Database): Promise<void> {
  setState({ removals: byKey(await database.removals(), (each) => each.id) });
}

/** Files that could not be kept are shown by the tab that has them. */
export async function loadUploads(database: Database): Promise<void> {
  const stored = await database.uploads();
  const known = getState().uploads;
  const uploads = stored.map((each): Upload => {
    return { progress: 0, problem: null, ...each, ...known[each.id], kept: true };
  });
  const others = Object.values(known).filter((each) => !each.kept);
  setState({ uploads: byKey([...others, ...uploads], (each) => each.id) });
}

function byKey<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): Record<string, Value> {
  return Object.fromEntries(values.map((each) => [keyOf(each), each]));
}
