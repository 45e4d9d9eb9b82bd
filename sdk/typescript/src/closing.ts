/** What follows from the code with which the server closed (`docs/protocol.md`, "Closing"). */

export interface Verdict {
  readonly reconnect: boolean;
  /** Get a fresh token before the next connection. */
  readonly renew: boolean;
  /** The login is over: the user has to log in again. */
  readonly loggedOut: boolean;
  /** The shortest wait before the next attempt, milliseconds. */
  readonly wait: number;
}

const RECONNECT: Verdict = { reconnect: true, renew: false, loggedOut: false, wait: 0 };
const STOP: Verdict = { ...RECONNECT, reconnect: false };

const TABLE: Readonly<Record<number, Verdict>> = {
  1000: STOP,
  1002: STOP,
  1003: STOP,
  1007: STOP,
  1009: STOP,
  1013: { ...RECONNECT, wait: 5_000 },
  4001: { ...STOP, loggedOut: true },
  4002: { ...RECONNECT, renew: true },
  4003: { ...RECONNECT, renew: true },
};

/** `reason` of a 1012 names the seconds after which to come back. */
export function afterClose(code: number, reason = ""): Verdict {
  const verdict = TABLE[code] ?? RECONNECT;
  const named = code === 1012 ? /\d+(\.\d+)?/.exec(reason) : null;
  return named ? { ...verdict, wait: Math.min(Number(named[0]), 60) * 1_000 } : verdict;
}
