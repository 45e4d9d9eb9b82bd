/** The tokens of one login, renewed in time and by one caller at a time. */

import { ApiError, errorOf } from "./errors.ts";
import type { Session } from "./wire.ts";

/** Renew this long before the token ends, or after half of its life; milliseconds. */
const EARLY = 60_000;

export interface SessionOptions {
  /** The server's address without a slash at the end; empty for the page's own. */
  readonly server: string;
  readonly fetch: typeof fetch;
  /**
   * The refresh token is kept in an HttpOnly cookie that the page cannot read. Without it the
   * token stays in memory, and `onChange` hands it out to be stored elsewhere.
   */
  readonly cookie: boolean;
  readonly now: () => number;
  readonly alone: Alone;
}

/** Runs `work` alone among all tabs that share a login: a refresh token counts once. */
export type Alone = <Value>(work: () => Promise<Value>) => Promise<Value>;

export const oneOfAllTabs: Alone = async (work) => {
  const locks = globalThis.navigator?.locks;
  return locks ? locks.request("backchannel-refresh", work) : work();
};

export class SessionKeeper {
  private session: Session | null = null;
  /** When the access token is to be renewed, by this device's clock. */
  private due = 0;
  private renewing: Promise<Session> | null = null;

  constructor(
    private readonly options: SessionOptions,
    /** Told of every new session, and of null when the login has ended. */
    private readonly onChange: (session: Session | null) => void = () => {},
  ) {}

  get current(): Session | null {
    return this.session;
  }

  /** Milliseconds until the access token is to be renewed; null without one. */
  get renewalIn(): number | null {
    return this.session && this.due - this.options.now();
  }

  /** Use this session, which a login, a refresh or another tab has brought. */
  adopt(session: Session): void {
    const held = this.session;
    if (session.access_token === held?.access_token) return;
    // What another tab tells may arrive after something newer.
    if (held && session.login_id === held.login_id && session.expires_at < held.expires_at) return;
    this.session = session;
    const life = session.expires_in * 1_000;
    this.due = this.options.now() + life - Math.min(EARLY, life / 2);
    this.onChange(session);
  }

  forget(): void {
    this.session = null;
    this.onChange(null);
  }

  /** An access token that counts for a while. Raises `ApiError`. */
  async token(): Promise<string> {
    const held = this.session;
    if (held && this.options.now() < this.due) return held.access_token;
    return (await this.renew()).access_token;
  }

  /** New tokens. Raises `ApiError`; with status 401 the login has ended. */
  renew(): Promise<Session> {
    const held = this.session;
    this.renewing ??= this.options
      .alone(async () => {
        // Another tab may have brought a new one while this one waited.
        const { session } = this;
        return session && session !== held ? session : this.refresh();
      })
      .finally(() => {
        this.renewing = null;
      });
    return this.renewing;
  }

  private async refresh(): Promise<Session> {
    const held = this.session?.refresh_token;
    if (!held && !this.options.cookie) {
      throw new ApiError(401, "unauthenticated", "there is no session");
    }
    const { server, cookie } = this.options;
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ refresh_token: held });
    const response = await this.options
      .fetch(
        `${server}/v1/${cookie ? "browser/" : ""}refresh`,
        cookie ? { method: "POST" } : { method: "POST", headers, body },
      )
      .catch((reason: unknown) => {
        throw new ApiError(0, "unreachable", String(reason));
      });
    if (!response.ok) {
      const error = await errorOf(response);
      if (error.status === 401) this.forget();
      throw error;
    }
    const session = (await response.json()) as Session;
    this.adopt(session);
    return session;
  }
}
