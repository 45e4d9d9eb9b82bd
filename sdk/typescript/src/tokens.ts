/** The tokens of one login, renewed in time and by one caller at a time. */

import { ApiError, errorOf } from "./errors.ts";
import type { Tokens } from "./wire.ts";

/** Renew this long before the token ends, or after half of its life; milliseconds. */
const RENEW_BEFORE = 60_000;

export interface TokenOptions {
  /** The server's address without a slash at the end; empty for the page's own. */
  readonly server: string;
  readonly fetch: typeof fetch;
  /**
   * The refresh token is kept in an HttpOnly cookie that the page cannot read. Without it the
   * token stays in memory, and `onChange` hands it out to be stored elsewhere.
   */
  readonly cookie: boolean;
  readonly now: () => number;
  readonly runExclusive: RunExclusive;
}

/** Runs `work` in one tab at a time, of all that share a login: a refresh token works once. */
export type RunExclusive = <Value>(work: () => Promise<Value>) => Promise<Value>;

export const withTabLock: RunExclusive = async (work) => {
  const locks = globalThis.navigator?.locks;
  return locks ? locks.request("backchannel-refresh", work) : work();
};

export class TokenManager {
  private tokens: Tokens | null = null;
  /** The time at which to renew the access token, by this device's clock. */
  private due = 0;
  private renewing: Promise<Tokens> | null = null;
  /** The number of logins that have ended here, to ignore responses to an earlier one. */
  private ended = 0;

  constructor(
    private readonly options: TokenOptions,
    /** Called with new tokens, and with null when the login has ended. */
    private readonly onChange: (tokens: Tokens | null) => void = () => {},
  ) {}

  get current(): Tokens | null {
    return this.tokens;
  }

  /** Milliseconds until the access token should be renewed; null without one. */
  get renewalIn(): number | null {
    return this.tokens && this.due - this.options.now();
  }

  /** Use these tokens from a login, a refresh or another tab. */
  adopt(tokens: Tokens): void {
    const held = this.tokens;
    if (tokens.access_token === held?.access_token) return;
    // Tokens from another tab may arrive after newer ones.
    if (held && tokens.login_id === held.login_id && tokens.expires_at < held.expires_at) return;
    this.tokens = tokens;
    const life = tokens.expires_in * 1_000;
    this.due = this.options.now() + life - Math.min(RENEW_BEFORE, life / 2);
    this.onChange(tokens);
  }

  forget(): void {
    this.ended += 1;
    this.tokens = null;
    this.onChange(null);
  }

  /** An access token that is valid for a while. Raises `ApiError`. */
  async token(): Promise<string> {
    const held = this.tokens;
    if (held && this.options.now() < this.due) return held.access_token;
    return (await this.renew()).access_token;
  }

  /** New tokens. Raises `ApiError`; with status 401 the login has ended. */
  renew(): Promise<Tokens> {
    const held = this.tokens;
    this.renewing ??= this.options
      .runExclusive(async () => {
        // Another tab may have renewed it while this one waited.
        const { tokens } = this;
        return tokens && tokens !== held ? tokens : this.refresh();
      })
      .finally(() => {
        this.renewing = null;
      });
    return this.renewing;
  }

  private async refresh(): Promise<Tokens> {
    const before = this.tokens;
    const held = before?.refresh_token;
    if (!held && !this.options.cookie) {
      throw new ApiError(401, "unauthenticated", "log in first");
    }
    const { ended } = this;
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
      // Keep the tokens of a login that has begun meanwhile.
      if (error.status === 401 && this.tokens === before) this.forget();
      throw error;
    }
    const tokens = (await response.json()) as Tokens;
    if (this.ended !== ended) throw new ApiError(401, "unauthenticated", "logged out meanwhile");
    this.adopt(tokens);
    return tokens;
  }
}
