/** The data that the client keeps over a reload: one IndexedDB database per user. */

import type { Checkpoint, Conversation, FileInfo, LogEvent, Message } from "backchannel-client";
import { deleteDB, type IDBPDatabase, type IDBPObjectStore, type StoreNames } from "idb";
import { isFull, noteFull } from "./device-storage";
import { latest } from "./recent-changes";
import {
  type Draft,
  databaseName,
  openStores,
  outboxName,
  type Removal,
  recordingsName,
  type Schema,
  type StoredUpload,
} from "./schema";
import { UnsavedDrafts, unsavedDraftsKey } from "./unsaved-drafts";

type Writable<Name extends StoreNames<Schema>> = IDBPObjectStore<Schema, [Name], Name, "readwrite">;

const DURABLE = { durability: "strict" } as const;
const NEWEST = Number.MAX_SAFE_INTEGER;
/** Milliseconds until a changed draft is stored, so that the typed key is painted first. */
const KEEP_AFTER = 50;

export class Database {
  /**
   * The device had no room for data that the server has too. Such data are neither read
   * nor stored from then on: the stored data must have no gaps for the next page.
   */
  full = false;
  private keeping: Promise<void> | null = null;
  private closed = false;

  private constructor(
    private readonly opened: IDBPDatabase<Schema>,
    private readonly unsaved: UnsavedDrafts,
  ) {}

  static async open(userId: string): Promise<Database> {
    return new Database(await openStores(userId), new UnsavedDrafts(unsavedDraftsKey(userId)));
  }

  /** Remove all data of a user from this device; `but` keeps the data that `empty` keeps. */
  static async erase(userId: string, but = false): Promise<void> {
    const names = [outboxName, recordingsName, ...(but ? [] : [databaseName])];
    const forgetUnsaved = () => localStorage.removeItem(unsavedDraftsKey(userId));
    forgetUnsaved();
    await Promise.all(names.map((nameOf) => deleteDB(nameOf(userId))));
    // Other tabs store drafts as they close; the deletion waits for that.
    forgetUnsaved();
  }

  /** Remove everything except pending deletions. */
  async empty(): Promise<void> {
    const stores = [...this.opened.objectStoreNames].filter((name) => name !== "removals");
    const transaction = this.opened.transaction(stores, "readwrite", DURABLE);
    for (const name of stores) void transaction.objectStore(name).clear();
    await transaction.done;
  }

  close(): void {
    this.closed = true;
    this.unsaved.close();
    this.opened.close();
  }

  async checkpoint(): Promise<Checkpoint | null> {
    return (await this.opened.get("meta", "place")) ?? null;
  }

  conversations(): Promise<Conversation[]> {
    return this.opened.getAll("conversations");
  }

  /** All drafts; of two with the same key, the last one is newer. */
  async drafts(): Promise<Draft[]> {
    const left = Object.values(this.unsaved.left()).filter(({ key }) => !this.unsaved.has(key));
    await Promise.all(left.map((each) => this.keepDraft(each)));
    return [...(await this.opened.getAll("drafts")), ...this.unsaved.all()];
  }

  /** The newest messages without a gap, oldest first. */
  async newest(id: string, limit: number): Promise<Message[]> {
    if (this.full) return [];
    const all = IDBKeyRange.bound([id, 0], [id, NEWEST]);
    const last = await this.opened.transaction("messages").store.openKeyCursor(all, "prev");
    return last ? this.before(id, last.key[1] + 1, limit) : [];
  }

  /** The messages before `seq` without a gap, oldest first. */
  async before(id: string, seq: number, limit: number): Promise<Message[]> {
    const found = await this.between(id, seq - limit, seq - 1);
    const gap = found.findLastIndex((each, at) => each.seq !== seq - found.length + at);
    return found.slice(gap + 1);
  }

  /** The messages after `seq` without a gap, oldest first. */
  async after(id: string, seq: number, limit: number): Promise<Message[]> {
    const found = await this.between(id, seq + 1, seq + limit);
    const gap = found.findIndex((each, at) => each.seq !== seq + 1 + at);
    return gap < 0 ? found : found.slice(0, gap);
  }

  /** The messages on both sides of `seq`, if it is stored. */
  async around(id: string, seq: number, limit: number): Promise<Message[]> {
    const half = Math.floor(limit / 2);
    const [before, after] = await Promise.all([
      this.before(id, seq + 1, half),
      this.after(id, seq, half),
    ]);
    return before.length > 0 ? [...before, ...after] : [];
  }

  private async between(id: string, from: number, to: number): Promise<Message[]> {
    if (this.full) return [];
    return this.opened.getAll("messages", IDBKeyRange.bound([id, from], [id, to]));
  }

  /** The files of these messages, as far as the messages are stored. */
  async filesOf(messages: readonly Message[]): Promise<readonly FileInfo[]> {
    const { store } = this.opened.transaction("messages");
    const held = messages.map((each) => store.get([each.conversation_id, each.seq]));
    return (await Promise.all(held)).flatMap((each) => each?.files ?? []);
  }

  /** Store data that the server has too, while there is room. */
  private async copy(write: () => Promise<void>): Promise<void> {
    if (this.full) return;
    try {
      await write();
    } catch (error) {
      if (!isFull(error)) throw error;
      this.full = true;
      noteFull();
      // Leave the room to drafts and unsent messages.
      await this.opened.clear("messages");
    }
  }

  /** Store the changes of the events together with the checkpoint they lead to. */
  apply(events: readonly LogEvent[], changed: readonly Conversation[], checkpoint: Checkpoint) {
    return this.copy(() => this.store(events, changed, checkpoint));
  }

  private async store(
    events: readonly LogEvent[],
    changed: readonly Conversation[],
    checkpoint: Checkpoint,
  ): Promise<void> {
    const stores = ["meta", "conversations", "messages"] as const;
    const transaction = this.opened.transaction(stores, "readwrite", DURABLE);
    const messages = transaction.objectStore("messages");
    for (const event of events) {
      const { data } = event;
      if (!("seq" in data)) continue; // it changes no message
      const old = await messages.get([data.conversation_id, data.seq]);
      const newer = old ? data.revision >= old.revision : event.kind === "message";
      if (newer) void messages.put(old?.client_id ? { client_id: old.client_id, ...data } : data);
    }
    for (const each of changed) void transaction.objectStore("conversations").put(each);
    void transaction.objectStore("meta").put(checkpoint, "place");
    await transaction.done;
  }

  /** Remove everything but drafts, and start again from this state. */
  rebuild(conversations: readonly Conversation[], checkpoint: Checkpoint): Promise<void> {
    return this.copy(() => this.replace(conversations, checkpoint));
  }

  private async replace(
    conversations: readonly Conversation[],
    checkpoint: Checkpoint,
  ): Promise<void> {
    const stores = ["meta", "conversations", "messages"] as const;
    const transaction = this.opened.transaction(stores, "readwrite", DURABLE);
    void transaction.objectStore("messages").clear();
    void transaction.objectStore("conversations").clear();
    for (const each of conversations) void transaction.objectStore("conversations").put(each);
    void transaction.objectStore("meta").put(checkpoint, "place");
    await transaction.done;
  }

  keepConversations(conversations: readonly Conversation[]): Promise<void> {
    return this.copy(async () => {
      const transaction = this.opened.transaction("conversations", "readwrite");
      for (const each of conversations) void transaction.store.put(each);
      await transaction.done;
    });
  }

  /** Remove a conversation and its messages. */
  async forgetConversation(id: string): Promise<void> {
    const transaction = this.opened.transaction(["conversations", "messages"], "readwrite");
    void transaction.objectStore("conversations").delete(id);
    void transaction.objectStore("messages").delete(IDBKeyRange.bound([id, 0], [id, NEWEST]));
    await transaction.done;
  }

  /** Store messages from the server; resolves with the newest version of each. */
  async keepMessages(messages: readonly Message[]): Promise<readonly Message[]> {
    const newest = messages.map(latest);
    await this.copy(async () => {
      const transaction = this.opened.transaction("messages", "readwrite");
      for (const [at, each] of newest.entries()) {
        const old = await transaction.store.get([each.conversation_id, each.seq]);
        if (old && old.revision > each.revision) newest[at] = old;
        else void transaction.store.put(each);
      }
      await transaction.done;
    });
    return newest;
  }

  removals(): Promise<Removal[]> {
    return this.opened.getAll("removals");
  }

  keepRemoval(removal: Removal): Promise<void> {
    return this.write("removals", (store) => store.put(removal));
  }

  forgetRemoval(id: string): Promise<void> {
    return this.write("removals", (store) => store.delete(id));
  }

  /** Store a change by the user, which the browser finishes even if the page ends at once. */
  private async write<Name extends "removals" | "uploads">(
    name: Name,
    change: (store: Writable<Name>) => Promise<unknown>,
  ): Promise<void> {
    const { store, done } = this.opened.transaction(name, "readwrite", DURABLE);
    void change(store);
    store.transaction.commit();
    await done;
  }

  uploads(): Promise<StoredUpload[]> {
    return this.opened.getAll("uploads");
  }

  upload(id: string): Promise<StoredUpload | undefined> {
    return this.opened.get("uploads", id);
  }

  keepUpload(upload: StoredUpload): Promise<void> {
    return this.write("uploads", (store) => store.put(upload));
  }

  /** Store the address of an upload on the server, unless it has been cancelled. */
  async placeUpload(id: string, address: string): Promise<void> {
    const { store, done } = this.opened.transaction("uploads", "readwrite");
    const upload = await store.get(id);
    if (upload) void store.put({ ...upload, address });
    await done.catch((error: unknown) => {
      if (!isFull(error)) throw error;
      noteFull(); // after a reload, the upload starts again
    });
  }

  /** Remove an upload; resolves with its stored data. */
  async forgetUpload(id: string): Promise<StoredUpload | undefined> {
    const { store, done } = this.opened.transaction("uploads", "readwrite");
    const upload = await store.get(id);
    void store.delete(id);
    await done;
    return upload;
  }

  /** Resolves once this draft is stored, or a newer one with its key. */
  keepDraft(draft: Draft): Promise<void> {
    this.unsaved.add(draft);
    this.keeping ??= this.keepDrafts().finally(() => {
      this.keeping = null;
    });
    return this.keeping;
  }

  /** One write at a time; of several versions of a draft, only the newest is written. */
  private async keepDrafts(): Promise<void> {
    await new Promise((done) => setTimeout(done, KEEP_AFTER));
    for (let draft = this.unsaved.next; draft && !this.closed; draft = this.unsaved.next) {
      await this.putDraft(draft);
      this.unsaved.kept(draft);
    }
  }

  private async putDraft(draft: Draft): Promise<void> {
    const { key, text, reply_to, files, recording } = draft;
    const empty = !text && reply_to === null && files.length === 0 && !recording;
    if (empty) return this.opened.delete("drafts", key);
    try {
      await this.opened.put("drafts", draft);
    } catch (error) {
      if (!isFull(error)) throw error;
      noteFull(); // the page still has it
    }
  }
}
