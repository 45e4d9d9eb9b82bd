/** Unsent recordings in pieces, which survive a reload (rule W9). */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { recordingsName } from "../state/schema";

export interface Piece {
  /** The key of the draft. */
  readonly key: string;
  readonly number: number;
  readonly content: Blob;
  /** The loudness since the previous piece, from 0 to 255. */
  readonly samples: readonly number[];
}

interface Schema extends DBSchema {
  pieces: { key: [string, number]; value: Piece };
}

function open(userId: string): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(recordingsName(userId), 1, {
    upgrade(database) {
      database.createObjectStore("pieces", { keyPath: ["key", "number"] });
    },
    // Do not block the deletion of the database when the user signs out.
    blocking: (_, __, event) => (event.target as IDBDatabase).close(),
  });
}

/**
 * Lock the recording of a draft for this tab, until the result is called or the tab closes; null
 * if another tab has it.
 */
export function lockRecording(userId: string, key: string): Promise<(() => void) | null> {
  if (!navigator.locks) return Promise.resolve(() => {});
  const name = `backchannel-recording-${userId}-${key}`;
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock) return new Promise<void>((release) => resolve(release));
        resolve(null);
      })
      .catch(reject);
  });
}

async function within<Value>(
  userId: string,
  work: (database: IDBPDatabase<Schema>) => Promise<Value>,
): Promise<Value> {
  const database = await open(userId);
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

const all = (key: string) => IDBKeyRange.bound([key, 0], [key, Number.MAX_SAFE_INTEGER]);

export function keepPiece(userId: string, piece: Piece): Promise<unknown> {
  return within(userId, (database) => database.put("pieces", piece));
}

/** The pieces of a recording, in order. */
export function piecesOf(userId: string, key: string): Promise<Piece[]> {
  return within(userId, (database) => database.getAll("pieces", all(key)));
}

export function forgetPieces(userId: string, key: string): Promise<void> {
  return within(userId, (database) => database.delete("pieces", all(key)));
}
