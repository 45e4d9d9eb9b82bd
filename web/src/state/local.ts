/** Data that only this device has: drafts, deletions that can be undone, uploads. */

import type { Database } from "./database";
import { database } from "./following";
import { type Draft, emptyDraft } from "./schema";
import { getState, setState, type Upload } from "./store";

/** Drafts being moved to the outbox: the page has emptied them, the device not yet. */
export const leaving = new Set<Draft>();

export async function loadDrafts(held: Database): Promise<void> {
  const kept = byKey(await held.drafts(), (each) => each.key);
  if (database() !== held) return;
  const { drafts } = getState();
  for (const { key } of leaving) kept[key] = drafts[key] ?? emptyDraft(key);
  setState({ drafts: kept });
}

export async function loadRemovals(held: Database): Promise<void> {
  const { removals } = getState();
  const kept = await held.removals();
  if (database() !== held) return;
  if (getState().removals !== removals) return loadRemovals(held); // the stored data may be older
  setState({ removals: byKey(kept, (each) => each.id) });
}

/** Files that could not be kept are shown by the tab that has them. */
export async function loadUploads(held: Database): Promise<void> {
  const stored = await held.uploads();
  if (database() !== held) return;
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
