/** The journal of a device, for `backchannel verify` (`docs/verification.md`). */

import type { Checkpoint } from "./follower.ts";
import type { Outgoing } from "./outbox.ts";
import { uuidOf } from "./uuid.ts";
import type { LogEvent, Message } from "./wire.ts";

export type Source = "live" | "sync" | "reply";

export interface JournalOptions {
  /** The device's name, the same after a restart. */
  readonly device: string;
  /** Append a line to the journal. It must be out of this process when `write` returns. */
  readonly write: (line: string) => void;
  /** Nanoseconds of the machine's monotonic clock: `process.hrtime.bigint`. */
  readonly now: () => bigint;
  /** SHA-256, from which the id of a direct conversation follows. */
  readonly sha256: (text: string) => Uint8Array;
}

/** Pass one to a client: it writes each record before the recorded action takes effect. */
export class Journal {
  private readonly flying = new Set<string>();
  /** Messages of which an attempt was left without an answer. */
  private readonly doubtful = new Set<string>();

  constructor(private readonly options: JournalOptions) {}

  /** The current time, to be passed to `history` and `finish` as the time of the request. */
  time(): number {
    return Number(this.options.now());
  }

  /** A message is about to be sent, for the first time or again. */
  invoke(item: Outgoing, userId: string): void {
    const conversation = item.conversation_id ?? this.directId(userId, item.to);
    const { client_id, body, to } = item;
    this.note("invoke", { user: userId, client_id, conversation, body, to: to || null });
    this.flying.add(client_id);
  }

  /** The server has a message: it was acknowledged, or is in the log. */
  answered(clientId: string, id: string, seq: number): void {
    const doubted = this.doubtful.delete(clientId);
    if (this.flying.delete(clientId) || doubted) {
      this.note("ok", { client_id: clientId, id, seq });
    }
  }

  refused(clientId: string, code: string): void {
    if (!this.flying.delete(clientId)) return;
    if (this.doubtful.has(clientId)) this.note("unknown", { client_id: clientId });
    else this.note("fail", { client_id: clientId, code });
  }

  /** The connection is lost: unanswered messages will get no answer. */
  cut(): void {
    for (const client_id of this.flying) {
      this.note("unknown", { client_id });
      this.doubtful.add(client_id);
    }
    this.flying.clear();
  }

  /** The server has accepted a connection of a device whose log ends at `checkpoint`. */
  welcomed(userId: string, checkpoint: Checkpoint | null): void {
    const { epoch = null, position = null } = checkpoint ?? {};
    this.note("resume", { user: userId, epoch, position });
  }

  reset({ epoch, position }: Checkpoint, reason: string): void {
    this.note("reset", { epoch, position, reason });
  }

  /** The device takes entries of its log as new. */
  took(events: readonly LogEvent[], source: Source): void {
    for (const event of events) {
      if (event.kind === "message") this.deliver(event.data, event.position, source);
      if (event.kind !== "receipt") continue;
      const { conversation_id: conversation, user_id: reader } = event.data;
      for (const mark of ["delivered", "read"] as const) {
        const seq = event.data[`${mark}_seq`];
        this.note("receipt", { conversation, reader, mark, seq, position: event.position });
      }
    }
  }

  /** An edit is about to be requested; `body` is null for a deletion. */
  change(message: Pick<Message, "conversation_id" | "id">, body: string | null): void {
    this.note("change", { conversation: message.conversation_id, id: message.id, body });
  }

  /** A whole conversation was fetched, oldest first; `asked` is from `time`. */
  history(conversation: string, messages: readonly Message[], asked: number): void {
    const seen = messages.map(({ id, sender_id: sender, body, seq }) => ({
      id,
      sender,
      body,
      seq,
    }));
    this.note("history", { conversation, messages: seen, complete: true, asked });
  }

  /** At the end: the device was connected and had everything up to `checkpoint`. */
  finish({ position }: Checkpoint, asked: number): void {
    this.note("finish", { position, asked });
  }

  private deliver(message: Message, position: number, source: Source): void {
    const { conversation_id: conversation, id, sender_id: sender, body, seq, client_id } = message;
    const key = client_id === undefined ? {} : { client_id };
    this.note("deliver", { conversation, id, sender, body, source, seq, position, ...key });
    if (client_id !== undefined) this.answered(client_id, id, seq);
  }

  private note(type: string, fields: object): void {
    const record = { type, at: this.time(), device: this.options.device, ...fields };
    this.options.write(`${JSON.stringify(record)}\n`);
  }

  private directId(userId: string, otherId: string): string {
    const [low, high] = [userId, otherId].sort();
    const bytes = Uint8Array.from(this.options.sha256(`direct:${low}:${high}`).slice(0, 16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80; // version 8 of RFC 9562
    return uuidOf(bytes);
  }
}
