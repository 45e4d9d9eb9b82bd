/** The wait before a reconnect, with jitter, so that clients do not all reconnect at once. */

const FIRST = 500;
const LONGEST = 30_000;

export class Backoff {
  private attempts = 0;

  /** `random` gives a number from 0 up to 1. */
  constructor(private readonly random: () => number = Math.random) {}

  /** Milliseconds until the next attempt: random, from half of a time that doubles up to 30 s. */
  next(): number {
    const most = Math.min(LONGEST, FIRST * 2 ** Math.min(this.attempts, 16));
    this.attempts += 1;
    return most / 2 + (this.random() * most) / 2;
  }

  /** The server has accepted a connection. */
  reset(): void {
    this.attempts = 0;
  }
}
