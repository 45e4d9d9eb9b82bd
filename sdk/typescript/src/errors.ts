/** Why a request was not carried out. */

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP's; 0 if the server could not be reached. */
    readonly status: number,
    /** The server's stable word for the reason, such as `username_taken`. */
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    /** Seconds until it is worth trying again. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** The same request may succeed later: the server was away, busy or out of room. */
  get transient(): boolean {
    return this.status === 0 || GATEWAYS.has(this.status) || isTransient(this.code);
  }
}

/** What a proxy answers while the server behind it is away. */
const GATEWAYS = new Set([502, 503, 504]);
const TRANSIENT = new Set(["throttled", "overloaded", "unavailable", "unreachable"]);

/** Whether a refusal with this code says "not now" rather than "not this". */
export function isTransient(code: string): boolean {
  return TRANSIENT.has(code);
}

/** The error that a response tells of. */
export async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const told = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string): string | null =>
    typeof told[name] === "string" ? (told[name] as string) : null;
  const header = Number(response.headers.get("retry-after"));
  const wait = typeof told.retry_after === "number" ? told.retry_after : header || null;
  return new ApiError(
    response.status,
    text("code") ?? "failed",
    text("detail") ?? text("message") ?? response.statusText,
    text("field"),
    wait,
  );
}
