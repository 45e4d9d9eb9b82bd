/** The server's time, which messages have: the clock of this device may be wrong. */

import type { Tokens } from "backchannel-client";

/** A smaller difference may be the time of the response; milliseconds. */
const TOLERANCE = 30_000;

let ahead = 0;

/** Milliseconds since 1970. */
export const now = (): number => Date.now() + ahead;

/** A time of this device's clock, in the server's time; milliseconds since 1970. */
export const corrected = (at: number): number => at + ahead;

/** Derive the error of this device's clock from new tokens. */
export function compareClocks(tokens: Pick<Tokens, "expires_at" | "expires_in">): void {
  const server = Date.parse(tokens.expires_at) - tokens.expires_in * 1_000;
  const difference = server - Date.now();
  ahead = Math.abs(difference) < TOLERANCE ? 0 : difference;
}
