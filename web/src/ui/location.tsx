/** The address of the page, and the ways to another one without loading the page anew. */

import { type ComponentProps, type MouseEvent, useEffect, useSyncExternalStore } from "react";

/** True on screens of one pane. */
export const isNarrow = () => matchMedia("(max-width: 719px)").matches;

/** The state of an entry in the browser's history that stands for what covers the page. */
const COVER = "cover";

const listeners = new Set<() => void>();
addEventListener("popstate", notify);

/**
 * Show another address. With `replace` the present one is left out of the browser's history, as it
 * always is if its path is the same.
 */
export function go(address: string, { replace = false } = {}): void {
  const same = address.split("?")[0] === location.pathname;
  const covered = history.state === COVER;
  if (same && covered) {
    // The entry below has this path already: a second one would be a step back to the same page.
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

/** A link to an address of the client; a click with a modifier key is the browser's. */
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
 * While a pane covers the others on a narrow screen, the browser's way back closes it. `close` must
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
