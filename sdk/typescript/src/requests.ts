/** Requests with a token, which is renewed once if it is no longer valid. */

import { ApiError, errorOf } from "./errors.ts";
import type { TokenManager } from "./tokens.ts";

export interface RequestOptions {
  /** A blob as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | null | undefined>>;
  readonly signal?: AbortSignal;
}

export class Requests {
  constructor(
    private readonly server: string,
    private readonly fetch: typeof globalThis.fetch,
    private readonly tokens: TokenManager,
  ) {}

  /** The response's JSON, or null without a body. Raises `ApiError`. */
  async json<Value>(method: string, path: string, options: RequestOptions = {}): Promise<Value> {
    const response = await this.raw(method, path, options);
    return (response.status === 204 ? null : await response.json()) as Value;
  }

  /** The response itself. Raises `ApiError` unless it is a success. */
  async raw(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const token = await this.tokens.token();
    const first = await this.ask(method, path, options, token);
    if (first.status !== 401) return checked(first);
    const fresh = this.tokens.current?.access_token;
    const again = fresh && fresh !== token ? fresh : (await this.tokens.renew()).access_token;
    return checked(await this.ask(method, path, options, again));
  }

  /** A request without a token. Raises `ApiError`. */
  async open<Value>(method: string, path: string, options: RequestOptions = {}): Promise<Value> {
    const response = await checked(await this.ask(method, path, options, null));
    return (response.status === 204 ? null : await response.json()) as Value;
  }

  private async ask(
    method: string,
    path: string,
    { body, query, signal, headers: more }: RequestOptions,
    token: string | null,
  ): Promise<Response> {
    const headers = new Headers(more);
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    const asItIs = body instanceof Blob;
    if (body !== undefined && !asItIs) headers.set("content-type", "application/json");
    try {
      return await this.fetch(this.server + path + search(query), {
        method,
        headers,
        body: body === undefined ? null : asItIs ? body : JSON.stringify(body),
        signal: signal ?? null,
      });
    } catch (reason) {
      if (signal?.aborted) throw reason;
      throw new ApiError(0, "unreachable", String(reason));
    }
  }
}

async function checked(response: Response): Promise<Response> {
  if (!response.ok) throw await errorOf(response);
  return response;
}

function search(query: RequestOptions["query"]): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value != null);
  if (given.length === 0) return "";
  // React Native's URLSearchParams accepts no pairs.
  return `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}
