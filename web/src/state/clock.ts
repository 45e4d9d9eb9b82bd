/** The server's time: the clock of this device may be wrong, and every message has the server's. */

import type { Tokens } from "backchannel-client";

/** Less than this may be the time that the answer took, milliseconds. */
const TOLERANCE = 30_000;

let ahead = 0;

/** Milliseconds since 1970. */
export const now = (): number => Date.now() + ahead;

/** A time that this device has noted, in the server's time; milliseconds since 1970. */
export const corrected = (at: number): number => at + ahead;

/** Learn from new tokens how far the clock of this device is off. */
export function compareClocks(tokens: Pick<Tokens, "expires_at" | "expires_in">): void {
  const server = Date.parse(tokens.expires_at) - tokens.expires_in * 1_000;
  const difference = server - Date.now();
  ahead = Math.abs(difference) < TOLERANCE ? 0 : difference;
}
