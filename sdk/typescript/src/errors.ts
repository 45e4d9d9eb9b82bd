/** The reasons why a request was not carried out. */

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP's; 0 if the server could not be reached. */
    readonly status: number,
    /** The server's code for the reason, such as `username_taken`. */
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    /** Seconds until another attempt may succeed. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** The same request may succeed later: the server was unavailable, busy or out of space. */
  get transient(): boolean {
    return this.status === 0 || GATEWAYS.has(this.status) || isTransient(this.code);
  }
}

/** The status codes of a proxy while the server behind it is unavailable. */
const GATEWAYS = new Set([502, 503, 504]);
const TRANSIENT = new Set(["throttled", "overloaded", "unavailable", "unreachable"]);

/** True if a refusal with this code says "not now" rather than "not this". */
export function isTransient(code: string): boolean {
  return TRANSIENT.has(code);
}

/** The error in a response. */
export async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const problem =
    typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string): string | null =>
    typeof problem[name] === "string" ? (problem[name] as string) : null;
  const header = Number(response.headers.get("retry-after"));
  const wait = typeof problem.retry_after === "number" ? problem.retry_after : header || null;
  return new ApiError(
    response.status,
    text("code") ?? "failed",
    text("detail") ?? text("message") ?? response.statusText,
    text("field"),
    wait,
  );
}
