/** The client: the tokens, the REST calls, an outbox and the connection that follows the log. */

import { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { Emitter } from "./emitter.ts";
import { type Checkpoint, Follower } from "./follower.ts";
import { Following } from "./following.ts";
import type { Journal } from "./journal.ts";
import { MemoryOutbox, type OutboxStore, type Outgoing } from "./outbox.ts";
import type { ConnectionState, Sink } from "./ports.ts";
import { Requests } from "./requests.ts";
import { type Draft, Sending } from "./sending.ts";
import { type RunExclusive, TokenManager, withTabLock } from "./tokens.ts";
import { type UploadOptions, upload } from "./upload.ts";
import type { FileInfo, Partial, Presence, Tokens, Typing } from "./wire.ts";

export interface ClientOptions {
  /** Such as `https://chat.example.org`; empty in a page of the server itself. */
  readonly server?: string;
  /** Let the server keep the refresh token in an HttpOnly cookie; same origin only. */
  readonly cookie?: boolean;
  readonly fetch?: typeof fetch;
  readonly open?: (url: string) => WebSocket;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Runs work in one tab of a login at a time; by default with the Web Locks API. */
  readonly runExclusive?: RunExclusive;
  /** Records everything that happens to messages, for `backchannel verify`. */
  readonly journal?: Journal;
}

export interface ClientEvents {
  readonly tokens: Tokens | null;
  readonly state: ConnectionState;
  readonly loggedOut: undefined;
  readonly outbox: readonly Outgoing[];
  /** The sink could not store events; it gets them again after a pause. */
  readonly storeFailed: unknown;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly partial: Partial;
}

export class BackchannelClient extends Emitter<ClientEvents> {
  readonly tokens: TokenManager;
  readonly api: Api;
  private readonly requests: Requests;
  private sending: Sending;
  private connection: Connection | null = null;
  private following: Following | null = null;
  /** End each pause early. */
  private readonly waiting = new Set<() => void>();

  private readonly options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    super();
    this.options = options;
    const server = options.server ?? "";
    const ask = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.tokens = new TokenManager(
      {
        server,
        fetch: ask,
        cookie: options.cookie ?? false,
        now: options.now ?? Date.now,
        runExclusive: options.runExclusive ?? withTabLock,
      },
      (tokens) => this.emit("tokens", tokens),
    );
    this.requests = new Requests(server, ask, this.tokens);
    this.api = new Api(this.requests, options.cookie);
    this.sending = this.outboxIn(new MemoryOutbox());
  }

  /** Log in with a username or e-mail address. Raises `ApiError`. */
  async login(identifier: string, password: string): Promise<Tokens> {
    const tokens = await this.api.login(identifier, password);
    this.tokens.adopt(tokens);
    return tokens;
  }

  /** End this login at the server, and forget it here even if that fails. */
  async logout(): Promise<void> {
    this.disconnect();
    try {
      await this.api.logout();
    } finally {
      this.tokens.forget();
    }
  }

  /** Keep unsent messages in `store`. Call it before `connect`. */
  async keepOutbox(store: OutboxStore): Promise<void> {
    this.sending.stop();
    this.sending = this.outboxIn(store);
    await this.sending.load();
  }

  /** Follow the log from `checkpoint`, null on a device that holds nothing yet. */
  connect(checkpoint: Checkpoint | null, sink: Sink): void {
    this.disconnect();
    const journal = this.options.journal ?? null;
    const following = new Following(new Follower(checkpoint), sink, this.sending, {
      now: this.options.now ?? Date.now,
      journal,
      failed: (reason) => {
        this.emit("storeFailed", reason);
        if (this.following === following) this.connection?.beginAnew();
      },
    });
    this.following = following;
    this.connection = new Connection(
      this.tokens,
      this.sending,
      following,
      {
        state: (state) => {
          this.emit("state", state);
          if (state === "online") this.wake();
        },
        loggedOut: () => this.emit("loggedOut", undefined),
        typing: (typing) => this.emit("typing", typing),
        presence: (presence) => this.emit("presence", presence),
        partial: (partial) => this.emit("partial", partial),
      },
      {
        url: () => socketUrl(this.options.server ?? ""),
        open: this.options.open ?? ((url) => new WebSocket(url)),
        backoff: new Backoff(this.options.random),
        journal,
      },
    );
    this.connection.start();
  }

  disconnect(): void {
    this.connection?.stop();
    this.connection = null;
    this.following = null;
  }

  /** Resolves once the sink has stored everything that the server has for this device. */
  caughtUp(): Promise<Checkpoint> {
    if (this.following === null) throw new Error("connect first");
    return this.following.caughtUp();
  }

  /** Repeat failed attempts at once: the network may be back. */
  retryNow(): void {
    this.connection?.retryNow();
    this.wake();
  }

  /** The device has no network, so the open connection is dead. */
  networkLost(): void {
    this.connection?.networkLost();
  }

  /**
   * Resolves once the message is durable on this device; it is sent when there is a connection.
   * Raises what the outbox's store raises.
   */
  send(draft: Draft): Promise<Outgoing> {
    return this.sending.enqueue(draft);
  }

  retry(clientId: string): Promise<void> {
    return this.sending.retry(clientId);
  }

  discard(clientId: string): Promise<void> {
    return this.sending.discard(clientId);
  }

  /** Read the outbox again, after another tab has written to it. */
  reloadOutbox(): Promise<void> {
    return this.sending.load();
  }

  /**
   * Send a file for a message to name, in pieces; bytes that arrived before a cut are not sent
   * again. Resolves once the server has checked the content. Raises `ApiError`.
   */
  upload(file: Blob, name: string, options: UploadOptions = {}): Promise<FileInfo> {
    const pace = {
      backoff: new Backoff(this.options.random),
      pause: (milliseconds: number) => this.pause(milliseconds, options.signal),
    };
    return upload(this.requests, file, name, options, pace);
  }

  typing(conversationId: string, active: boolean): void {
    this.connection?.typing(conversationId, active);
  }

  watch(userIds: readonly string[]): void {
    this.connection?.watch(userIds);
  }

  stopAnswer(conversationId: string): void {
    this.connection?.stopAnswer(conversationId);
  }

  /** Wait until the time is over or the network may be back. Raises the signal's reason. */
  private pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.waiting.delete(end);
        signal?.removeEventListener("abort", end);
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.waiting.add(end);
      signal?.addEventListener("abort", end);
    });
  }

  private wake(): void {
    for (const end of this.waiting) end();
  }

  private outboxIn(store: OutboxStore): Sending {
    const { now = Date.now, journal = null } = this.options;
    return new Sending(store, (items) => this.emit("outbox", items), now, journal);
  }
}

function socketUrl(server: string): string {
  const base = server || globalThis.location.origin;
  return `${base.replace(/^http/, "ws")}/v1/ws`;
}
