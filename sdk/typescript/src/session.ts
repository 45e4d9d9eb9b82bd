/** The tokens of one login, renewed in time and by one caller at a time. */

import { ApiError, errorOf } from "./errors";
import type { Session } from "./wire";

/** Renew this long before the token ends, milliseconds. */
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
  /** Runs `work` alone among all tabs; a refresh token counts once. */
  readonly alone: <Value>(work: () => Promise<Value>) => Promise<Value>;
}

export class SessionKeeper {
  private session: Session | null = null;
  private renewing: Promise<Session> | null = null;

  constructor(
    private readonly options: SessionOptions,
    /** Told of every new session, and of null when the login has ended. */
    private readonly onChange: (session: Session | null) => void = () => {},
  ) {}

  get current(): Session | null {
    return this.session;
  }

  adopt(session: Session): void {
    this.session = session;
    this.onChange(session);
  }

  forget(): void {
    this.session = null;
    this.onChange(null);
  }

  /** An access token that still counts for a minute. Raises `ApiError`. */
  async token(): Promise<string> {
    const held = this.session;
    if (held && Date.parse(held.expires_at) - this.options.now() > EARLY) return held.access_token;
    return (await this.renew()).access_token;
  }

  /** New tokens. Raises `ApiError`; with status 401 the login has ended. */
  renew(): Promise<Session> {
    this.renewing ??= this.options
      .alone(() => this.refresh())
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
