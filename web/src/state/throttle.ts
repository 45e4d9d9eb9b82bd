/** Lets the page paint, and take keys, between two pieces of work. */

/**
 * `work`, limited to one call in this many milliseconds; the first call is at once. A page that
 * is * hidden does not wait: its timers are slow, and other tabs depend on it.
 */
export function throttled<Args extends readonly unknown[]>(
  pause: number,
  work: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  let next = 0;
  return async (...args) => {
    const wait = next - performance.now();
    if (wait > 0 && !document.hidden) await new Promise((done) => setTimeout(done, wait));
    next = performance.now() + pause;
    await work(...args);
  };
}
