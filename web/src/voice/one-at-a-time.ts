/** Only one sound or video plays at a time: the one that began last. */

let latest: HTMLMediaElement | null = null;

/** Pause the current one; `next` has begun, or is null during a recording. */
export function playAlone(next: HTMLMediaElement | null): void {
  if (latest !== next) latest?.pause();
  latest = next;
}
