/**
 * Follows a user's log: decides what to apply, request and acknowledge. Pure: no clock, no socket,
 * no storage. The rules are those of `docs/protocol.md`, "A device's bookkeeping".
 */

import type { ServerFrame } from "./frames.ts";
import type { LogEvent } from "./wire.ts";

/** The epoch and the position up to which a device holds the log. */
export interface Checkpoint {
  readonly epoch: string;
  readonly position: number;
}

export type Effect =
  | { readonly do: "apply"; readonly events: readonly LogEvent[]; readonly checkpoint: Checkpoint }
  | { readonly do: "sync"; readonly checkpoint: Checkpoint }
  | { readonly do: "reset"; readonly reason: string; readonly checkpoint: Checkpoint };

/** Milliseconds that a missing event may take to arrive by itself. */
export const GAP_TIMEOUT = 500;
/** Events that are kept while an earlier one is missing; more are read from the log later. */
export const HELD_LIMIT = 512;

export class Follower {
  private checkpoint: Checkpoint | null;
  private readonly held = new Map<number, LogEvent>();
  private gapUntil: number | null = null;
  private syncing = false;
  private durable: number;
  private confirmed: number;

  /** `checkpoint` is what the device has stored, null on one that holds nothing yet. */
  constructor(checkpoint: Checkpoint | null) {
    this.checkpoint = checkpoint;
    this.durable = checkpoint?.position ?? 0;
    this.confirmed = this.durable;
  }

  get current(): Checkpoint | null {
    return this.checkpoint;
  }

  /** The checkpoint up to which everything is durable; null if nothing is. */
  get stable(): Checkpoint | null {
    return this.checkpoint && { epoch: this.checkpoint.epoch, position: this.durable };
  }

  /** The time at which to call `tick`, in the milliseconds of `now`; null if not at all. */
  get deadline(): number | null {
    return this.gapUntil;
  }

  /** A new connection was made: the old one's requests will not be answered. */
  connected(): void {
    this.syncing = false;
    this.gapUntil = null;
    this.held.clear();
    this.confirmed = 0; // the last acknowledgement may have been lost as well
  }

  receive(frame: ServerFrame, now: number): Effect[] {
    switch (frame.type) {
      case "welcome":
        return this.welcome(frame.epoch, frame.position);
      case "event":
        return this.offer(frame, now);
      case "sync":
        return this.page(frame.events, frame.position, frame.more);
      case "reset":
        return this.reset(frame.reason, { epoch: frame.epoch, position: frame.position });
      case "heartbeat":
      case "pong":
        return this.headReceived(frame.position, now);
      case "lagging":
        return this.sync();
      default:
        return [];
    }
  }

  /** Request the log if a missing event has not arrived in time. */
  tick(now: number): Effect[] {
    if (this.gapUntil === null || now < this.gapUntil) return [];
    this.gapUntil = null;
    return this.sync();
  }

  /** The device has fetched its state afresh, at this checkpoint or later. */
  restored(checkpoint: Checkpoint): Effect[] {
    this.checkpoint = checkpoint;
    this.durable = checkpoint.position;
    return this.release();
  }

  /** Everything up to `position` is stored durably. */
  stored(position: number): void {
    this.durable = Math.max(this.durable, position);
  }

  /** The position to acknowledge; null if there is nothing new. */
  confirm(): number | null {
    if (this.durable <= this.confirmed) return null;
    this.confirmed = this.durable;
    return this.durable;
  }

  private welcome(epoch: string, position: number): Effect[] {
    const own = this.checkpoint;
    if (own === null)
      return [{ do: "reset", reason: "new_device", checkpoint: { epoch, position } }];
    // The server answers a hello with the missed events, or with a reset.
    this.syncing = own.epoch !== epoch || own.position !== position;
    return [];
  }

  private offer(event: LogEvent, now: number): Effect[] {
    const own = this.checkpoint;
    if (own !== null && event.position <= own.position) return [];
    if (own === null || event.previous !== own.position) {
      this.hold(event);
      if (own !== null && !this.syncing) this.gapUntil ??= now + GAP_TIMEOUT;
      return [];
    }
    return this.advance([event]);
  }

  private page(events: readonly LogEvent[], position: number, more: boolean): Effect[] {
    const own = this.checkpoint;
    if (own === null) return [];
    const fresh = events.filter((event) => event.position > own.position);
    this.syncing = more;
    const effects =
      fresh.length > 0 || position > own.position ? this.advance(fresh, position) : [];
    return more ? effects : [...effects, ...this.release()];
  }

  private reset(reason: string, checkpoint: Checkpoint): Effect[] {
    this.checkpoint = null;
    this.durable = 0;
    this.confirmed = 0;
    this.syncing = false;
    this.gapUntil = null;
    return [{ do: "reset", reason, checkpoint }];
  }

  private headReceived(position: number, now: number): Effect[] {
    const own = this.checkpoint;
    if (own !== null && position > own.position && !this.syncing) {
      this.gapUntil ??= now + GAP_TIMEOUT;
    }
    return [];
  }

  private sync(): Effect[] {
    if (this.checkpoint === null || this.syncing) return [];
    this.syncing = true;
    this.gapUntil = null;
    return [{ do: "sync", checkpoint: this.checkpoint }];
  }

  private advance(events: readonly LogEvent[], atLeast = 0): Effect[] {
    const own = this.checkpoint as Checkpoint;
    const all = [...events];
    let position = Math.max(events.at(-1)?.position ?? own.position, atLeast);
    for (let next = this.take(position); next; next = this.take(position)) {
      all.push(next);
      position = next.position;
    }
    this.checkpoint = { epoch: own.epoch, position };
    if (this.held.size === 0) this.gapUntil = null;
    return [{ do: "apply", events: all, checkpoint: this.checkpoint }];
  }

  private release(): Effect[] {
    const own = this.checkpoint;
    if (own === null) return [];
    for (const position of this.held.keys()) {
      if (position <= own.position) this.held.delete(position);
    }
    const next = this.take(own.position);
    return next ? this.advance([next]) : [];
  }

  private hold(event: LogEvent): void {
    if (this.held.size < HELD_LIMIT) this.held.set(event.position, event);
  }

  private take(previous: number): LogEvent | undefined {
    for (const event of this.held.values()) {
      if (event.previous === previous) {
        this.held.delete(event.position);
        return event;
      }
    }
    return undefined;
  }
}
