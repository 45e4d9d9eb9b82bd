/** The stores of the database that a device has for a user. */

import type { Checkpoint, Conversation, FileInfo, Message } from "backchannel-client";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

export interface Draft {
  /** The other member's id, or a session's conversation id. */
  readonly key: string;
  readonly text: string;
  readonly reply_to: number | null;
  readonly files: readonly FileInfo[];
  /** It has a recording, which `voice/recording-store.ts` keeps. */
  readonly recording?: boolean;
}

export function emptyDraft(key: string): Draft {
  return { key, text: "", reply_to: null, files: [] };
}

export interface Removal {
  /** The id of the message. */
  readonly id: string;
  readonly conversation_id: string;
  readonly seq: number;
  /** The time from which it can no longer be undone, in milliseconds since 1970. */
  readonly due: number;
}

/** A file that a draft waits for. */
export interface StoredUpload {
  readonly id: string;
  /** The key of the draft. */
  readonly key: string;
  readonly file: File;
  /** Milliseconds since 1970; orders the files. */
  readonly began: number;
  /** The address of the upload on the server; null before the first byte has arrived. */
  readonly address: string | null;
  /** The loudness of a copied voice message. */
  readonly waveform?: Uint8Array<ArrayBuffer>;
  /** A voice message, which is sent as soon as it has arrived. */
  readonly voice?: { readonly waveform: Uint8Array<ArrayBuffer>; readonly replyTo: number | null };
}

export interface Schema extends DBSchema {
  meta: { key: string; value: Checkpoint };
  conversations: { key: string; value: Conversation };
  messages: { key: [string, number]; value: Message };
  drafts: { key: string; value: Draft };
  removals: { key: string; value: Removal };
  uploads: { key: string; value: StoredUpload };
}

export const outboxName = (userId: string) => `backchannel-outbox-${userId}`;
export const recordingsName = (userId: string) => `backchannel-recordings-${userId}`;
export const databaseName = (userId: string) => `backchannel-${userId}`;
const VERSION = 4;

export function openStores(userId: string): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(databaseName(userId), VERSION, {
    upgrade(database, before, _, transaction) {
      if (before < 1) {
        database.createObjectStore("meta");
        database.createObjectStore("conversations", { keyPath: "id" });
        database.createObjectStore("messages", { keyPath: ["conversation_id", "seq"] });
        database.createObjectStore("drafts", { keyPath: "key" });
      }
      if (before < 2) database.createObjectStore("removals", { keyPath: "id" });
      if (before < 3) database.createObjectStore("uploads", { keyPath: "id" });
      if (before > 0 && before < 4) {
        // Conversations have settings since then, so they are fetched again.
        void transaction.objectStore("conversations").clear();
        void transaction.objectStore("meta").clear();
      }
    },
  });
}
