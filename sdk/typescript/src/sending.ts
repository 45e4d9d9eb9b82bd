/** Sends the messages in the outbox, in order, until each has been answered. */

import { isTransient } from "./errors.ts";
import type { ClientFrame } from "./frames.ts";
import type { Journal } from "./journal.ts";
import type { OutboxStore, Outgoing } from "./outbox.ts";
import { newKey } from "./uuid.ts";
import type { Ack, LogEvent, Message, Refusal } from "./wire.ts";

export interface Draft {
  readonly to: string;
  readonly conversationId?: string | null;
  readonly body: string;
  readonly replyTo?: number | null;
  readonly files?: Outgoing["files"];
  readonly clientId?: string;
}

/** The shortest wait after a temporary refusal, milliseconds. */
const PAUSE = 1_000;

export class Sending {
  private items: Outgoing[] = [];
  private readonly flying = new Set<string>();
  /** Messages that are being stored. */
  private readonly keeping = new Set<string>();
  private transmit: ((frame: ClientFrame) => void) | null = null;
  private pause: ReturnType<typeof setTimeout> | null = null;
  private userId = "";

  constructor(
    private readonly store: OutboxStore,
    private readonly changed: (items: readonly Outgoing[]) => void,
    private readonly now: () => number = Date.now,
    private readonly journal: Journal | null = null,
  ) {}

  get all(): readonly Outgoing[] {
    return this.items;
  }

  /** Read the outbox again: at the start, or after another tab has written. */
  async load(): Promise<void> {
    const { items } = this;
    const stored = await this.store.all();
    if (this.items !== items) return this.load(); // the stored data may be older
    const known = new Set(stored.map((each) => each.client_id));
    const coming = items.filter(({ client_id: id }) => this.keeping.has(id) && !known.has(id));
    this.replace([...stored, ...coming]);
    this.flush();
  }

  /**
   * Resolves once the message is stored durably; it is sent as soon as there is a connection.
   * Raises the store's errors: then the message is neither stored nor sent.
   */
  async enqueue(draft: Draft): Promise<Outgoing> {
    const last = this.items.at(-1)?.created_at ?? 0;
    const item: Outgoing = {
      client_id: draft.clientId ?? newKey(),
      to: draft.to,
      conversation_id: draft.conversationId ?? null,
      body: draft.body,
      reply_to: draft.replyTo ?? null,
      files: draft.files ?? [],
      created_at: Math.max(this.now(), last + 1),
      failed: null,
    };
    this.replace([...this.items, item]);
    this.keeping.add(item.client_id);
    try {
      await this.store.put(item);
    } catch (error) {
      this.replace(this.items.filter((each) => each.client_id !== item.client_id));
      throw error;
    } finally {
      this.keeping.delete(item.client_id);
    }
    if (this.find(item.client_id)) this.flush();
    else await this.store.remove(item.client_id); // discarded meanwhile
    return item;
  }

  /** Send a refused message again, with the key it had. */
  async retry(clientId: string): Promise<void> {
    const item = this.find(clientId);
    if (!item) return;
    const again = { ...item, failed: null };
    this.replace(this.items.map((each) => (each === item ? again : each)));
    await this.store.put(again);
    this.flush();
  }

  /** Forget a message that has not been answered, or was refused. */
  async discard(clientId: string): Promise<void> {
    this.flying.delete(clientId);
    this.replace(this.items.filter((each) => each.client_id !== clientId));
    await this.store.remove(clientId);
  }

  /** The socket is open; everything unanswered is sent (again). */
  start(userId: string, transmit: (frame: ClientFrame) => void): void {
    this.userId = userId;
    this.transmit = transmit;
    this.flying.clear();
    this.flush();
  }

  stop(): void {
    this.transmit = null;
    this.journal?.cut();
    if (this.pause !== null) clearTimeout(this.pause);
    this.pause = null;
  }

  /** The log entry of an own message that the server has stored; null for any other message. */
  acknowledged(ack: Ack): LogEvent | null {
    this.journal?.answered(ack.client_id, ack.id, ack.seq);
    const item = this.find(ack.client_id);
    return item ? entryOf(item, ack, this.userId) : null;
  }

  /** The message is stored at the server and durably applied here. */
  async delivered(clientId: string): Promise<void> {
    if (this.find(clientId)) await this.discard(clientId);
  }

  async refused(refusal: Refusal): Promise<void> {
    const item = refusal.client_id ? this.find(refusal.client_id) : undefined;
    if (!item) return;
    this.journal?.refused(item.client_id, refusal.code);
    this.flying.delete(item.client_id);
    if (isTransient(refusal.code)) {
      this.wait((refusal.retry_after ?? 0) * 1_000);
      return;
    }
    const failed = { ...item, failed: { code: refusal.code, message: refusal.detail } };
    this.replace(this.items.map((each) => (each === item ? failed : each)));
    await this.store.put(failed);
  }

  private flush(): void {
    if (this.transmit === null || this.pause !== null) return;
    for (const item of this.items) {
      if (item.failed || this.flying.has(item.client_id)) continue;
      this.flying.add(item.client_id);
      this.journal?.invoke(item, this.userId);
      this.transmit(frameOf(item));
    }
  }

  private wait(milliseconds: number): void {
    this.pause ??= setTimeout(
      () => {
        this.pause = null;
        this.flush();
      },
      Math.max(PAUSE, milliseconds),
    );
  }

  private find(clientId: string): Outgoing | undefined {
    return this.items.find((each) => each.client_id === clientId);
  }

  private replace(items: Outgoing[]): void {
    this.items = items;
    this.changed(items);
  }
}

export function frameOf(item: Outgoing): ClientFrame {
  const { client_id, body, to, conversation_id } = item;
  const reply = item.reply_to === null ? {} : { reply_to: item.reply_to };
  const files = item.files.length > 0 ? { files: item.files.map((file) => file.id) } : {};
  const rest = { client_id, body, ...reply, ...files };
  return conversation_id === null
    ? { type: "send", to, ...rest }
    : { type: "send", conversation_id, ...rest };
}

function entryOf(item: Outgoing, ack: Ack, userId: string): LogEvent {
  const data: Message = {
    conversation_id: ack.conversation_id,
    seq: ack.seq,
    id: ack.id,
    sender_id: userId,
    recipient_id: item.to,
    client_id: item.client_id,
    kind: "text",
    body: item.body,
    reply_to: item.reply_to,
    revision: 0,
    created_at: ack.created_at,
    edited_at: null,
    deleted_at: null,
    reactions: {},
    files: item.files,
  };
  return { kind: "message", position: ack.position ?? 0, previous: ack.previous ?? 0, data };
}
