/** Of the sounds and videos in the page, the one that began last plays alone. */

let latest: HTMLMediaElement | null = null;

/** Pause the one that plays; `next` has begun, or null where something is recorded. */
export function playAlone(next: HTMLMediaElement | null): void {
  if (latest !== next) latest?.pause();
  latest = next;
}
