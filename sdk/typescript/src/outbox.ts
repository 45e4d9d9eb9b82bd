/** Outgoing messages: stored durably before they are sent, until the server has them. */

import type { FileInfo } from "./wire.ts";

export interface Outgoing {
  /** The idempotency key: sent again with it, a message is stored once. */
  readonly client_id: string;
  /** The other member's id. */
  readonly to: string;
  /** Set for a session, which has no other member; null for a direct conversation. */
  readonly conversation_id: string | null;
  readonly body: string;
  readonly reply_to: number | null;
  readonly files: readonly FileInfo[];
  /** Milliseconds since 1970, by this device's clock; orders the waiting messages. */
  readonly created_at: number;
  /** The reason why the server refused it; null while it waits. */
  readonly failed: { readonly code: string; readonly message: string } | null;
}

/** A store for outgoing messages. `put` and `remove` resolve once that is durable. */
export interface OutboxStore {
  all(): Promise<Outgoing[]>;
  put(item: Outgoing): Promise<void>;
  remove(clientId: string): Promise<void>;
}

/** Loses everything with the process; for tests and short-lived clients. */
export class MemoryOutbox implements OutboxStore {
  private readonly items = new Map<string, Outgoing>();

  async all(): Promise<Outgoing[]> {
    return [...this.items.values()].sort(byAge);
  }

  async put(item: Outgoing): Promise<void> {
    this.items.set(item.client_id, item);
  }

  async remove(clientId: string): Promise<void> {
    this.items.delete(clientId);
  }
}

const STORE = "outgoing";

/** Survives reloads and crashes, in a browser's IndexedDB. */
export class IndexedDbOutbox implements OutboxStore {
  private readonly database: Promise<IDBDatabase>;

  constructor(name: string) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "client_id" });
    };
    this.database = settled(request);
  }

  async all(): Promise<Outgoing[]> {
    const store = (await this.database).transaction(STORE).objectStore(STORE);
    const found: Outgoing[] = await settled(store.getAll());
    return found.sort(byAge);
  }

  put(item: Outgoing): Promise<void> {
    return this.write((store) => store.put(item));
  }

  remove(clientId: string): Promise<void> {
    return this.write((store) => store.delete(clientId));
  }

  async close(): Promise<void> {
    (await this.database).close();
  }

  private async write(change: (store: IDBObjectStore) => void): Promise<void> {
    const database = await this.database;
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    change(transaction.objectStore(STORE));
    transaction.commit(); // even if the page closes at once
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function settled<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function byAge(one: Outgoing, other: Outgoing): number {
  return one.created_at - other.created_at || (one.client_id < other.client_id ? -1 : 1);
}
