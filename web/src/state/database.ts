/** What the client holds over a reload: one IndexedDB database per user. */

import type { Conversation, FileInfo, LogEvent, Message, Place } from "backchannel-client";
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";

export interface Draft {
  /** The other member's id, or a session's conversation id. */
  readonly key: string;
  readonly text: string;
  readonly reply_to: number | null;
  readonly files: readonly FileInfo[];
}

export function emptyDraft(key: string): Draft {
  return { key, text: "", reply_to: null, files: [] };
}

export interface Removal {
  /** The message's. */
  readonly id: string;
  readonly conversation_id: string;
  readonly seq: number;
  /** When it can no longer be undone, in milliseconds since 1970. */
  readonly due: number;
}

/** A file that a draft waits for. */
export interface StoredUpload {
  readonly id: string;
  /** The draft's. */
  readonly key: string;
  readonly file: File;
  /** Milliseconds since 1970; orders the files. */
  readonly began: number;
  /** Where the server holds what has arrived; null before the first byte has. */
  readonly address: string | null;
}

interface Schema extends DBSchema {
  meta: { key: string; value: Place };
  conversations: { key: string; value: Conversation };
  messages: { key: [string, number]; value: Message };
  drafts: { key: string; value: Draft };
  removals: { key: string; value: Removal };
  uploads: { key: string; value: StoredUpload };
}

export const outboxName = (userId: string) => `backchannel-outbox-${userId}`;
const databaseName = (userId: string) => `backchannel-${userId}`;
const DURABLE = { durability: "strict" } as const;
const VERSION = 4;
const NEWEST = Number.MAX_SAFE_INTEGER;

export class Database {
  private constructor(private readonly opened: IDBPDatabase<Schema>) {}

  static async open(userId: string): Promise<Database> {
    const opened = await openDB<Schema>(databaseName(userId), VERSION, {
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
          // Conversations have settings since then: they are fetched anew.
          void transaction.objectStore("conversations").clear();
          void transaction.objectStore("meta").clear();
        }
      },
    });
    return new Database(opened);
  }

  /** Remove everything that this device holds of a user; `but` leaves what `empty` has left. */
  static async erase(userId: string, but = false): Promise<void> {
    const names = but ? [outboxName(userId)] : [databaseName(userId), outboxName(userId)];
    await Promise.all(names.map((name) => deleteDB(name)));
  }

  /** Remove everything except the deletions that wait. */
  async empty(): Promise<void> {
    const stores = [...this.opened.objectStoreNames].filter((name) => name !== "removals");
    const transaction = this.opened.transaction(stores, "readwrite", DURABLE);
    for (const name of stores) void transaction.objectStore(name).clear();
    await transaction.done;
  }

  close(): void {
    this.opened.close();
  }

  async place(): Promise<Place | null> {
    return (await this.opened.get("meta", "place")) ?? null;
  }

  conversations(): Promise<Conversation[]> {
    return this.opened.getAll("conversations");
  }

  drafts(): Promise<Draft[]> {
    return this.opened.getAll("drafts");
  }

  /** The newest messages without a gap, oldest first. */
  async newest(id: string, limit: number): Promise<Message[]> {
    const all = IDBKeyRange.bound([id, 0], [id, NEWEST]);
    const last = await this.opened.transaction("messages").store.openKeyCursor(all, "prev");
    return last ? this.before(id, last.key[1] + 1, limit) : [];
  }

  /** The messages up to `seq`, which is left out, without a gap; oldest first. */
  async before(id: string, seq: number, limit: number): Promise<Message[]> {
    const found = await this.between(id, seq - limit, seq - 1);
    const gap = found.findLastIndex((each, at) => each.seq !== seq - found.length + at);
    return found.slice(gap + 1);
  }

  /** The messages from `seq` on, which is left out, without a gap; oldest first. */
  async after(id: string, seq: number, limit: number): Promise<Message[]> {
    const found = await this.between(id, seq + 1, seq + limit);
    const gap = found.findIndex((each, at) => each.seq !== seq + 1 + at);
    return gap < 0 ? found : found.slice(0, gap);
  }

  /** The messages on both sides of `seq`, if it is held. */
  async around(id: string, seq: number, limit: number): Promise<Message[]> {
    const half = Math.floor(limit / 2);
    const [before, after] = await Promise.all([
      this.before(id, seq + 1, half),
      this.after(id, seq, half),
    ]);
    return before.length > 0 ? [...before, ...after] : [];
  }

  private between(id: string, from: number, to: number): Promise<Message[]> {
    return this.opened.getAll("messages", IDBKeyRange.bound([id, from], [id, to]));
  }

  /** Keep what the events say together with the place they lead to. */
  async apply(
    events: readonly LogEvent[],
    changed: readonly Conversation[],
    place: Place,
  ): Promise<void> {
    const stores = ["meta", "conversations", "messages"] as const;
    const transaction = this.opened.transaction(stores, "readwrite", DURABLE);
    const messages = transaction.objectStore("messages");
    for (const event of events) {
      if (event.kind === "receipt" || event.kind === "conversation" || event.kind === "profile") {
        continue;
      }
      const { data } = event;
      const old = await messages.get([data.conversation_id, data.seq]);
      const newer = old ? data.revision >= old.revision : event.kind === "message";
      if (newer) void messages.put(old?.client_id ? { client_id: old.client_id, ...data } : data);
    }
    for (const each of changed) void transaction.objectStore("conversations").put(each);
    void transaction.objectStore("meta").put(place, "place");
    await transaction.done;
  }

  /** Forget everything but drafts, and begin again from this state. */
  async rebuild(conversations: readonly Conversation[], place: Place): Promise<void> {
    const stores = ["meta", "conversations", "messages"] as const;
    const transaction = this.opened.transaction(stores, "readwrite", DURABLE);
    void transaction.objectStore("messages").clear();
    void transaction.objectStore("conversations").clear();
    for (const each of conversations) void transaction.objectStore("conversations").put(each);
    void transaction.objectStore("meta").put(place, "place");
    await transaction.done;
  }

  async keepConversations(conversations: readonly Conversation[]): Promise<void> {
    const transaction = this.opened.transaction("conversations", "readwrite");
    for (const each of conversations) void transaction.store.put(each);
    await transaction.done;
  }

  /** Forget a conversation and its messages. */
  async forgetConversation(id: string): Promise<void> {
    const transaction = this.opened.transaction(["conversations", "messages"], "readwrite");
    void transaction.objectStore("conversations").delete(id);
    void transaction.objectStore("messages").delete(IDBKeyRange.bound([id, 0], [id, NEWEST]));
    await transaction.done;
  }

  /** Keep messages that were read from the server. */
  async keepMessages(messages: readonly Message[]): Promise<void> {
    const transaction = this.opened.transaction("messages", "readwrite");
    for (const each of messages) {
      const old = await transaction.store.get([each.conversation_id, each.seq]);
      if (!old || each.revision >= old.revision) void transaction.store.put(each);
    }
    await transaction.done;
  }

  removals(): Promise<Removal[]> {
    return this.opened.getAll("removals");
  }

  async keepRemoval(removal: Removal): Promise<void> {
    await this.opened.put("removals", removal);
  }

  async forgetRemoval(id: string): Promise<void> {
    await this.opened.delete("removals", id);
  }

  uploads(): Promise<StoredUpload[]> {
    return this.opened.getAll("uploads");
  }

  upload(id: string): Promise<StoredUpload | undefined> {
    return this.opened.get("uploads", id);
  }

  async keepUpload(upload: StoredUpload): Promise<void> {
    await this.opened.put("uploads", upload);
  }

  /** Note where the server holds an upload, unless it has been cancelled. */
  async placeUpload(id: string, address: string): Promise<void> {
    const { store, done } = this.opened.transaction("uploads", "readwrite");
    const upload = await store.get(id);
    if (upload) void store.put({ ...upload, address });
    await done;
  }

  /** Remove an upload; the answer is what was kept of it. */
  async forgetUpload(id: string): Promise<StoredUpload | undefined> {
    const { store, done } = this.opened.transaction("uploads", "readwrite");
    const upload = await store.get(id);
    void store.delete(id);
    await done;
    return upload;
  }

  async keepDraft(draft: Draft): Promise<void> {
    const empty = !draft.text && draft.reply_to === null && draft.files.length === 0;
    if (empty) await this.opened.delete("drafts", draft.key);
    else await this.opened.put("drafts", draft);
  }
}
