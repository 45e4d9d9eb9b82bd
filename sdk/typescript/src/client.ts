/** Everything joined: a session, the REST calls, an outbox and the connection that follows. */

import { Api } from "./api";
import { Backoff } from "./backoff";
import { Connection } from "./connection";
import { Emitter } from "./emitter";
import { Follower, type Place } from "./follower";
import { MemoryOutbox, type OutboxStore, type Outgoing } from "./outbox";
import type { ConnectionState, Sink } from "./ports";
import { Requests } from "./requests";
import { type Draft, Sending } from "./sending";
import { SessionKeeper } from "./session";
import type { Partial, Presence, Session, Typing } from "./wire";

export interface ClientOptions {
  /** Such as `https://chat.example.org`; empty in a page that the server itself serves. */
  readonly server?: string;
  /** Let the server keep the refresh token in an HttpOnly cookie; same origin only. */
  readonly cookie?: boolean;
  readonly fetch?: typeof fetch;
  readonly open?: (url: string) => WebSocket;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Runs work alone among all tabs of a browser. */
  readonly alone?: <Value>(work: () => Promise<Value>) => Promise<Value>;
}

export interface ClientEvents {
  readonly session: Session | null;
  readonly state: ConnectionState;
  readonly loggedOut: undefined;
  readonly outbox: readonly Outgoing[];
  readonly typing: Typing;
  readonly presence: Presence;
  readonly partial: Partial;
}

export class BackchannelClient extends Emitter<ClientEvents> {
  readonly session: SessionKeeper;
  readonly api: Api;
  private sending: Sending;
  private connection: Connection | null = null;

  private readonly options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    super();
    this.options = options;
    const server = options.server ?? "";
    const ask = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.session = new SessionKeeper(
      {
        server,
        fetch: ask,
        cookie: options.cookie ?? false,
        now: options.now ?? Date.now,
        alone: options.alone ?? ((work) => work()),
      },
      (session) => this.emit("session", session),
    );
    this.api = new Api(new Requests(server, ask, this.session), options.cookie);
    this.sending = this.outboxIn(new MemoryOutbox());
  }

  /** Log in with a username or e-mail address. Raises `ApiError`. */
  async login(identifier: string, password: string): Promise<Session> {
    const session = await this.api.login(identifier, password);
    this.session.adopt(session);
    return session;
  }

  /** End this login at the server, and forget it here whatever the server says. */
  async logout(): Promise<void> {
    this.disconnect();
    try {
      await this.api.logout();
    } finally {
      this.session.forget();
    }
  }

  /** Keep what is being sent in `store`. Call it before `connect`. */
  async keepOutbox(store: OutboxStore): Promise<void> {
    this.sending.stop();
    this.sending = this.outboxIn(store);
    await this.sending.load();
  }

  /** Follow the log from `place`, null on a device that holds nothing yet. */
  connect(place: Place | null, sink: Sink): void {
    this.disconnect();
    const now = this.options.now ?? Date.now;
    this.connection = new Connection(
      this.session,
      this.sending,
      sink,
      {
        state: (state) => this.emit("state", state),
        loggedOut: () => this.emit("loggedOut", undefined),
        typing: (typing) => this.emit("typing", typing),
        presence: (presence) => this.emit("presence", presence),
        partial: (partial) => this.emit("partial", partial),
      },
      {
        url: () => socketUrl(this.options.server ?? ""),
        open: this.options.open ?? ((url) => new WebSocket(url)),
        now,
        backoff: new Backoff(this.options.random),
      },
      new Follower(place),
    );
    this.connection.start();
  }

  disconnect(): void {
    this.connection?.stop();
    this.connection = null;
  }

  retryNow(): void {
    this.connection?.retryNow();
  }

  /** The device says that it has no network: what is open can no longer be heard. */
  networkLost(): void {
    this.connection?.networkLost();
  }

  /** Resolves once the message is durable here; it is sent when there is a connection. */
  send(draft: Draft): Promise<Outgoing> {
    return this.sending.enqueue(draft);
  }

  retry(clientId: string): Promise<void> {
    return this.sending.retry(clientId);
  }

  discard(clientId: string): Promise<void> {
    return this.sending.discard(clientId);
  }

  /** Another tab has written to the outbox. */
  reloadOutbox(): Promise<void> {
    return this.sending.load();
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

  private outboxIn(store: OutboxStore): Sending {
    return new Sending(store, (items) => this.emit("outbox", items), this.options.now ?? Date.now);
  }
}

function socketUrl(server: string): string {
  const base = server || globalThis.location.origin;
  return `${base.replace(/^http/, "ws")}/v1/ws`;
}
