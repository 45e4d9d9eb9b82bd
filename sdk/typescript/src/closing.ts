/** The consequences of the code with which the server closed (`docs/protocol.md`, "Closing"). */

export interface AfterClose {
  readonly reconnect: boolean;
  /** Get a fresh token before the next connection. */
  readonly renew: boolean;
  /** The login has ended: the user has to log in again. */
  readonly loggedOut: boolean;
  /** The shortest wait before the next attempt, milliseconds. */
  readonly wait: number;
}

const RECONNECT: AfterClose = { reconnect: true, renew: false, loggedOut: false, wait: 0 };
const STOP: AfterClose = { ...RECONNECT, reconnect: false };

const TABLE: Readonly<Record<number, AfterClose>> = {
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

/** `reason` of a 1012 has the seconds after which to reconnect. */
export function afterClose(code: number, reason = ""): AfterClose {
  const outcome = TABLE[code] ?? RECONNECT;
  const named = code === 1012 ? /\d+(\.\d+)?/.exec(reason) : null;
  return named ? { ...outcome, wait: Math.min(Number(named[0]), 60) * 1_000 } : outcome;
}
