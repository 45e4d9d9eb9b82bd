/** One connection after another to `/v1/ws`: sends `hello`, renews its token, reconnects. */

import { afterClose } from "./closing.ts";
import { ApiError } from "./errors.ts";
import type { Following } from "./following.ts";
import type { ClientFrame, ServerFrame } from "./frames.ts";
import type { ConnectionListeners, ConnectionOptions } from "./ports.ts";
import type { Sending } from "./sending.ts";
import { Timers } from "./timers.ts";
import type { TokenManager } from "./tokens.ts";

/** The missing heartbeats after which a silent connection counts as lost. */
const SILENCE = 1.8;
/** Milliseconds until the log is read again after the application could not store it. */
const STORE_PAUSE = 5_000;

export class Connection {
  private socket: WebSocket | null = null;
  private welcomed = false;
  private wanted = false;
  private readonly timers = new Timers<"attempt" | "silence" | "expiry">();
  /** Milliseconds without a frame until the connection counts as lost. */
  private timeout = 45_000;
  private watched: readonly string[] = [];

  constructor(
    private readonly tokens: TokenManager,
    private readonly sending: Sending,
    private readonly following: Following,
    private readonly listeners: ConnectionListeners,
    private readonly options: ConnectionOptions,
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
    this.listeners.state("stopped");
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

  /** Read the log again, from what is stored, after a pause. */
  beginAnew(): void {
    if (!this.wanted) return;
    this.clear();
    this.drop();
    this.later(STORE_PAUSE);
  }

  typing(conversationId: string, active: boolean): void {
    if (this.welcomed) this.sendFrame({ type: "typing", conversation_id: conversationId, active });
  }

  /** Watch the presence of these users, and of no others; kept over reconnects. */
  watch(userIds: readonly string[]): void {
    this.watched = userIds;
    if (this.welcomed) this.sendFrame({ type: "watch", user_ids: userIds });
  }

  /** Stop the answer that is being given in a session. */
  stopAnswer(conversationId: string): void {
    if (this.welcomed) this.sendFrame({ type: "stop", conversation_id: conversationId });
  }

  private async connect(): Promise<void> {
    this.listeners.state("connecting");
    let token: string;
    try {
      token = await this.tokens.token();
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
    this.following.connected();
    socket.onopen = () => {
      const checkpoint = this.following.checkpoint;
      this.sendFrame({ type: "hello", token, ...(checkpoint ?? {}) });
    };
    socket.onmessage = (event: MessageEvent) => {
      if (this.socket === socket) this.received(JSON.parse(String(event.data)) as ServerFrame);
    };
    socket.onclose = (event: CloseEvent) => {
      if (this.socket === socket) this.lost(event.code, event.reason);
    };
    // A close follows each error; without a listener, some WebSockets throw.
    socket.onerror = () => {};
    this.listen();
  }

  private received(frame: ServerFrame): void {
    this.listen();
    switch (frame.type) {
      case "welcome":
        this.welcome(frame);
        break;
      case "ack": {
        const event = this.sending.acknowledged(frame);
        if (event) this.following.acknowledged(event, frame.client_id, frame.position !== null);
        return;
      }
      case "error":
        void this.sending.refused(frame);
        return;
      case "typing":
      case "presence":
      case "partial":
        this.listeners[frame.type](frame as never);
        return;
      default:
    }
    this.following.receive(frame);
  }

  private welcome(frame: Extract<ServerFrame, { type: "welcome" }>): void {
    const sendFrame = (each: ClientFrame) => this.sendFrame(each);
    this.welcomed = true;
    this.timeout = frame.heartbeat * 1_000 * SILENCE;
    this.options.backoff.reset();
    this.options.journal?.welcomed(frame.user_id, this.following.checkpoint);
    this.listeners.state("online");
    this.following.welcomed(sendFrame);
    this.sending.start(frame.user_id, sendFrame);
    if (this.watched.length > 0) this.watch(this.watched);
    this.renewInTime();
  }

  private listen(): void {
    this.timers.set("silence", this.timeout, () => this.networkLost());
  }

  private renewInTime(): void {
    const left = this.tokens.renewalIn;
    if (left === null) return;
    const wait = Math.max(1_000, left);
    this.timers.set("expiry", Math.min(wait, 2 ** 31 - 1), () => void this.renew());
  }

  private async renew(): Promise<void> {
    try {
      const token = await this.tokens.token();
      if (this.welcomed) this.sendFrame({ type: "renew", token });
      this.renewInTime();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.end();
      // Otherwise the server closes with 4002 at the expiry, and renewing is tried again.
    }
  }

  private lost(code: number, reason: string): void {
    this.socket = null;
    this.clear();
    const outcome = afterClose(code, reason);
    if (outcome.loggedOut) this.end();
    else if (!outcome.reconnect) this.stop();
    else if (!this.wanted) return;
    else void this.again(outcome.renew, outcome.wait);
  }

  private async again(renew: boolean, wait: number): Promise<void> {
    this.listeners.state("offline");
    if (renew) {
      try {
        await this.tokens.renew();
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
    this.listeners.state("offline");
    const delay = Math.max(wait, this.options.backoff.next());
    this.timers.set("attempt", delay, () => void this.connect());
  }

  private end(): void {
    if (!this.wanted) return; // stopped before the response: another login may have begun
    this.stop();
    this.tokens.forget();
    this.listeners.loggedOut();
  }

  private clear(): void {
    this.welcomed = false;
    this.sending.stop();
    this.following.disconnected();
    this.timers.clearAll();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  private sendFrame(frame: ClientFrame): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }
}
