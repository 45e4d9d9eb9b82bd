/** Follows the log: passes it to the application in order, and acknowledges what is stored. */

import { type Checkpoint, type Effect, Follower } from "./follower.ts";
import type { ClientFrame, ServerFrame } from "./frames.ts";
import type { Journal, Source } from "./journal.ts";
import type { Sink } from "./ports.ts";
import type { Sending } from "./sending.ts";
import { Timers } from "./timers.ts";
import type { LogEvent } from "./wire.ts";

/** At least one acknowledgement for this many events. */
const ACK_EVERY = 200;
/** And one this many milliseconds after an event. */
const ACK_AFTER = 1_000;
/** Milliseconds between two requests for the end of the log. */
const PING_EVERY = 500;

export interface FollowingOptions {
  readonly now: () => number;
  readonly journal: Journal | null;
  /** The application could not store events: the connection must start again. */
  readonly failed: (reason: unknown) => void;
}

export class Following {
  private readonly timers = new Timers<"gap" | "ack" | "ping">();
  private sendFrame: ((frame: ClientFrame) => void) | null = null;
  private work: Promise<void> = Promise.resolve();
  private round = 0;
  private unconfirmed = 0;
  /** Events that have arrived since the sink was last called: it gets all of them at once. */
  private next: { events: readonly LogEvent[]; checkpoint: Checkpoint } | null = null;
  private waiting: ((checkpoint: Checkpoint) => void)[] = [];

  constructor(
    private follower: Follower,
    private readonly sink: Sink,
    private readonly sending: Sending,
    private readonly options: FollowingOptions,
  ) {}

  /** The checkpoint that the log has reached, null on a device that holds nothing yet. */
  get checkpoint(): Checkpoint | null {
    return this.follower.current;
  }

  /** A socket was opened: requests on the one before will not be answered. */
  connected(): void {
    this.follower.connected();
  }

  /** The server has accepted the connection; frames go out through `sendFrame`. */
  welcomed(sendFrame: (frame: ClientFrame) => void): void {
    this.sendFrame = sendFrame;
    this.confirm();
    this.ping();
  }

  disconnected(): void {
    this.sendFrame = null;
    this.timers.clearAll();
  }

  receive(frame: ServerFrame): void {
    const source = frame.type === "event" ? "live" : "sync";
    this.carryOut(this.follower.receive(frame, this.options.now()), source);
    if (frame.type === "pong") this.answered(frame.position);
  }

  /** The server has stored a message of ours: `event` is its entry in the log. */
  acknowledged(event: LogEvent, clientId: string, inLog: boolean): void {
    if (inLog) {
      const frame = { type: "event", ...event } as const;
      this.carryOut(this.follower.receive(frame, this.options.now()), "reply");
    }
    // Already in the log, or known: applying it again has no effect.
    const { checkpoint } = this;
    if (checkpoint !== null && (!inLog || event.position <= checkpoint.position)) {
      this.enqueue(async () => {
        if (!inLog) await this.sink.apply([event], checkpoint);
        await this.sending.delivered(clientId);
      });
    }
  }

  /** Resolves once everything that the server has for this device is stored. */
  caughtUp(): Promise<Checkpoint> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.ping();
    });
  }

  private carryOut(effects: readonly Effect[], source: Source): void {
    for (const effect of effects) {
      if (effect.do === "sync") {
        this.sendFrame?.({ type: "sync", ...effect.checkpoint });
      } else if (effect.do === "reset") {
        this.enqueue(() => this.reset(effect.checkpoint, effect.reason));
      } else {
        this.options.journal?.took(effect.events, source);
        this.gather(effect.events, effect.checkpoint);
      }
    }
    this.watchGap();
  }

  private async reset(checkpoint: Checkpoint, reason: string): Promise<void> {
    await this.sink.reset(checkpoint, reason);
    this.options.journal?.reset(checkpoint, reason);
    this.carryOut(this.follower.restored(checkpoint), "live");
    this.confirm();
  }

  private gather(events: readonly LogEvent[], checkpoint: Checkpoint): void {
    if (this.next) {
      this.next = { events: [...this.next.events, ...events], checkpoint };
      return;
    }
    this.next = { events, checkpoint };
    this.enqueue(async () => {
      const { next } = this;
      this.next = null;
      if (next) await this.apply(next.events, next.checkpoint);
    });
  }

  private async apply(events: readonly LogEvent[], checkpoint: Checkpoint): Promise<void> {
    await this.sink.apply(events, checkpoint);
    // A reset may have come meanwhile: its log has other positions.
    if (this.checkpoint?.epoch === checkpoint.epoch) this.follower.stored(checkpoint.position);
    for (const event of events) {
      const key = event.kind === "message" ? event.data.client_id : undefined;
      if (key !== undefined) await this.sending.delivered(key);
    }
    this.unconfirmed += events.length;
    if (this.unconfirmed >= ACK_EVERY) this.confirm();
    else if (!this.timers.has("ack")) this.timers.set("ack", ACK_AFTER, () => this.confirm());
  }

  private confirm(): void {
    this.timers.clear("ack");
    if (this.sendFrame === null) return;
    this.unconfirmed = 0;
    const position = this.follower.confirm();
    if (position !== null) this.sendFrame({ type: "ack", position });
  }

  /** Run tasks one after the other. After a failure, later ones are skipped, to leave no gap. */
  private enqueue(job: () => Promise<void>): void {
    const { round } = this;
    this.work = this.work
      .then(() => (round === this.round ? job() : undefined))
      .catch((reason: unknown) => {
        this.round += 1;
        this.next = null;
        this.follower = new Follower(this.follower.stable);
        this.options.failed(reason);
      });
  }

  private watchGap(): void {
    const { deadline } = this.follower;
    this.timers.clear("gap");
    if (deadline === null) return;
    this.timers.set("gap", Math.max(0, deadline - this.options.now()), () =>
      this.carryOut(this.follower.tick(this.options.now()), "sync"),
    );
  }

  private ping(): void {
    if (this.waiting.length === 0 || this.sendFrame === null) return;
    this.sendFrame({ type: "ping" });
    this.timers.set("ping", PING_EVERY, () => this.ping());
  }

  private answered(position: number): void {
    this.enqueue(async () => {
      const { stable } = this.follower;
      if (stable?.position !== position) return;
      const all = this.waiting.splice(0);
      this.timers.clear("ping");
      for (const resolve of all) resolve(stable);
    });
  }
}
