/** The address of the page, and navigation without reloading. */

import { type ComponentProps, type MouseEvent, useEffect, useSyncExternalStore } from "react";

/** True on screens of one pane. */
export const isNarrow = () => matchMedia("(max-width: 719px)").matches;

/** The state of a history entry for a pane that covers the page. */
const COVER = "cover";

const listeners = new Set<() => void>();
addEventListener("popstate", notify);

/**
 * Show another address. With `replace`, it replaces the current one in the browser's history, as it
 * always does if the path is the same.
 */
export function go(address: string, { replace = false } = {}): void {
  const same = address.split("?")[0] === location.pathname;
  const covered = history.state === COVER;
  if (same && covered) {
    // The entry below already has this path: another one would go back to the same page.
    addEventListener("popstate", () => go(address, { replace: true }), { once: true });
    history.replaceState(null, "");
    history.back();
    return;
  }
  const over = replace || same || covered;
  history[over ? "replaceState" : "pushState"](null, "", address);
  notify();
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

/** A parameter of the address's query, or null. */
export function useParameter(name: string): string | null {
  return new URLSearchParams(useSyncExternalStore(subscribe, () => location.search)).get(name);
}

/** A link to an address of the client; the browser handles clicks with a modifier key. */
export function Link({
  href,
  onClick,
  ...others
}: ComponentProps<"a"> & { readonly href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const { altKey, ctrlKey, metaKey, shiftKey, button, defaultPrevented } = event;
    if (altKey || ctrlKey || metaKey || shiftKey || button !== 0 || defaultPrevented) return;
    event.preventDefault();
    go(href);
  };
  return <a href={href} onClick={follow} {...others} />;
}

/**
 * While a pane covers the others on a narrow screen, the browser's Back closes it. `close` must
 * stay the same function.
 */
export function useCover(shown: boolean, close: () => void): void {
  useEffect(() => {
    if (!shown || !isNarrow()) return;
    history.pushState(COVER, "");
    addEventListener("popstate", close);
    return () => {
      removeEventListener("popstate", close);
      if (history.state === COVER) history.back();
    };
  }, [shown, close]);
}

function notify(): void {
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
