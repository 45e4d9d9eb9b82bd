/** One connection after another to `/v1/ws`: greets, follows the log, reconnects. */

import { afterClose } from "./closing";
import { ApiError } from "./errors";
import type { Effect, Follower, Place } from "./follower";
import type { ClientFrame, ServerFrame } from "./frames";
import type { ConnectionOptions, Signals, Sink } from "./ports";
import type { Sending } from "./sending";
import type { SessionKeeper } from "./session";
import { Timers } from "./timers";
import type { LogEvent } from "./wire";

/** At least one acknowledgement for so many events. */
const ACK_EVERY = 200;
/** And one so many milliseconds after an event. */
const ACK_AFTER = 1_000;
/** Heartbeats that may stay away until a silent connection counts as lost. */
const SILENCE = 1.8;

export class Connection {
  private socket: WebSocket | null = null;
  private welcomed = false;
  private userId = "";
  private wanted = false;
  private readonly timers = new Timers<"attempt" | "gap" | "ack" | "silence" | "expiry">();
  private patience = 45_000;
  private work: Promise<void> = Promise.resolve();
  private unconfirmed = 0;
  private watched: readonly string[] = [];

  constructor(
    private readonly session: SessionKeeper,
    private readonly sending: Sending,
    private readonly sink: Sink,
    private readonly signals: Signals,
    private readonly options: ConnectionOptions,
    private readonly follower: Follower,
  ) {}

  /** Connect, and stay connected until `stop`. */
  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    void this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.clear();
    this.drop();
    this.signals.state("stopped");
  }

  /** Do not wait for the next attempt: the network may be back. */
  retryNow(): void {
    if (!this.wanted || this.socket !== null) return;
    this.options.backoff.reset();
    this.timers.clear("attempt");
    void this.connect();
  }

  /** Do not wait until a dead connection is noticed. */
  networkLost(): void {
    if (this.socket === null) return;
    this.drop();
    this.lost(1006, "");
  }

  typing(conversationId: string, active: boolean): void {
    if (this.welcomed) this.say({ type: "typing", conversation_id: conversationId, active });
  }

  /** Be told of these users' presence, and of no others'; kept over reconnects. */
  watch(userIds: readonly string[]): void {
    this.watched = userIds;
    if (this.welcomed) this.say({ type: "watch", user_ids: userIds });
  }

  /** Cut short the answer that is being given in a session. */
  stopAnswer(conversationId: string): void {
    if (this.welcomed) this.say({ type: "stop", conversation_id: conversationId });
  }

  private async connect(): Promise<void> {
    this.signals.state("connecting");
    let token: string;
    try {
      token = await this.session.token();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.end();
      else this.later(0);
      return;
    }
    if (!this.wanted || this.socket !== null) return;
    this.open(token);
  }

  private open(token: string): void {
    const socket = this.options.open(this.options.url());
    this.socket = socket;
    this.follower.connected();
    socket.onopen = () => {
      const place = this.follower.current;
      this.say({ type: "hello", token, ...(place ?? {}) });
    };
    socket.onmessage = (event: MessageEvent) => {
      if (this.socket === socket) this.heard(JSON.parse(String(event.data)) as ServerFrame);
    };
    socket.onclose = (event: CloseEvent) => {
      if (this.socket === socket) this.lost(event.code, event.reason);
    };
    this.listen();
  }

  private heard(frame: ServerFrame): void {
    this.listen();
    switch (frame.type) {
      case "welcome":
        this.welcome(frame);
        break;
      case "ack":
        this.acknowledged(frame);
        return;
      case "error":
        void this.sending.refused(frame);
        return;
      case "typing":
      case "presence":
      case "partial":
        this.signals[frame.type](frame as never);
        return;
      default:
    }
    this.carryOut(this.follower.receive(frame, this.options.now()));
  }

  private welcome(frame: Extract<ServerFrame, { type: "welcome" }>): void {
    this.welcomed = true;
    this.userId = frame.user_id;
    this.patience = frame.heartbeat * 1_000 * SILENCE;
    this.options.backoff.reset();
    this.signals.state("online");
    this.sending.start((each) => this.say(each));
    if (this.watched.length > 0) this.watch(this.watched);
    this.renewInTime();
  }

  private acknowledged(frame: Extract<ServerFrame, { type: "ack" }>): void {
    const event = this.sending.acknowledged(frame, this.userId);
    if (event === null) return;
    if (frame.position !== null) {
      this.carryOut(this.follower.receive({ type: "event", ...event }, this.options.now()));
    }
    // Already in the log, or known: applying it again changes nothing.
    const place = this.follower.current;
    if (place !== null && (frame.position === null || frame.position <= place.position)) {
      this.enqueue(async () => {
        if (frame.position === null) await this.sink.apply([event], place);
        await this.sending.delivered(frame.client_id);
      });
    }
  }

  private carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === "sync") {
        this.say({ type: "sync", ...effect.place });
      } else if (effect.do === "reset") {
        this.enqueue(async () => {
          await this.sink.reset(effect.place, effect.reason);
          this.carryOut(this.follower.restored(effect.place));
          this.confirm();
        });
      } else {
        this.enqueue(() => this.apply(effect.events, effect.place));
      }
    }
    this.watchGap();
  }

  private async apply(events: readonly LogEvent[], place: Place): Promise<void> {
    await this.sink.apply(events, place);
    this.follower.stored(place.position);
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
    if (!this.welcomed) return;
    this.unconfirmed = 0;
    const position = this.follower.confirm();
    if (position !== null) this.say({ type: "ack", position });
  }

  /** One after the other; what fails durably ends the connection, and is read again later. */
  private enqueue(job: () => Promise<void>): void {
    this.work = this.work.then(job).catch(() => {
      this.socket?.close(4000, "could not store");
    });
  }

  private watchGap(): void {
    const { deadline } = this.follower;
    this.timers.clear("gap");
    if (deadline === null) return;
    this.timers.set("gap", Math.max(0, deadline - this.options.now()), () =>
      this.carryOut(this.follower.tick(this.options.now())),
    );
  }

  private listen(): void {
    this.timers.set("silence", this.patience, () => this.networkLost());
  }

  private renewInTime(): void {
    const expires = Date.parse(this.session.current?.expires_at ?? "");
    if (!Number.isFinite(expires)) return;
    const wait = Math.max(1_000, expires - this.options.now() - 45_000);
    this.timers.set("expiry", Math.min(wait, 2 ** 31 - 1), () => void this.renew());
  }

  private async renew(): Promise<void> {
    try {
      const token = await this.session.token();
      if (this.welcomed) this.say({ type: "renew", token });
      this.renewInTime();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.end();
      // Else the server closes with 4002 when the time has come, and renewing is tried again.
    }
  }

  private lost(code: number, reason: string): void {
    this.socket = null;
    this.clear();
    const verdict = afterClose(code, reason);
    if (verdict.loggedOut) this.end();
    else if (!verdict.reconnect) this.stop();
    else if (!this.wanted) return;
    else void this.again(verdict.renew, verdict.wait);
  }

  private async again(renew: boolean, wait: number): Promise<void> {
    this.signals.state("offline");
    if (renew) {
      try {
        await this.session.renew();
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) {
          this.end();
          return;
        }
      }
    }
    this.later(wait);
  }

  private later(wait: number): void {
    if (!this.wanted) return;
    this.signals.state("offline");
    const delay = Math.max(wait, this.options.backoff.next());
    this.timers.set("attempt", delay, () => void this.connect());
  }

  private end(): void {
    this.stop();
    this.session.forget();
    this.signals.loggedOut();
  }

  private clear(): void {
    this.welcomed = false;
    this.sending.stop();
    this.timers.clearAll();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  private say(frame: ClientFrame): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }
}
