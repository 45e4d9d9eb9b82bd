/** Where the thread stands: at its end, where it follows, or where the reader has put it (W5). */

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { Item } from "./items";

/** Pixels from the end that still count as the end. */
const SLACK = 24;
/** The unread line comes to stand this far down when a conversation is opened (W6). */
const UNREAD_AT = 0.25;

interface Kept {
  readonly offset: number;
  readonly pinned: boolean;
}

/** Where each conversation was left. */
const places = new Map<string, Kept>();

interface Given {
  readonly id: string;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly items: readonly Item[];
  readonly ready: boolean;
}

export interface Place {
  readonly pinned: boolean;
  readonly prepending: boolean;
  readonly content: (element: HTMLElement | null) => (() => void) | undefined;
  readonly moved: () => void;
  readonly toEnd: () => void;
  /** Load what comes before, once at a time, without moving what is seen. */
  readonly older: (load: () => Promise<boolean>) => void;
}

export function usePinned({ id, scroller, list, items, ready }: Given): Place {
  // Not before it has been placed: what is not in sight must not count as read.
  const [pinned, setPinned] = useState(false);
  const pinnedNow = useRef(false);
  const [prepending, setPrepending] = useState(false);
  const loading = useRef(false);
  const begun = useRef(false);

  const pin = useCallback((value: boolean) => {
    pinnedNow.current = value;
    setPinned(value);
  }, []);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
    pin(true);
  }, [scroller, pin]);

  const moved = useCallback(() => {
    const element = scroller.current;
    if (!element || !begun.current) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= SLACK;
    if (atEnd !== pinnedNow.current) pin(atEnd);
    places.set(id, { offset: element.scrollTop, pinned: atEnd });
  }, [id, scroller, pin]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the items counts
  useLayoutEffect(() => {
    if (!ready || items.length === 0) return;
    if (!begun.current) {
      begin(id, items, scroller.current, list.current, pin);
      begun.current = true;
    } else if (pinnedNow.current) {
      toEnd();
    }
    setPrepending(false);
  }, [items, ready]);

  const content = useCallback(
    (element: HTMLElement | null) => {
      if (!element) return undefined;
      // What grows late, such as a picture, must not push the newest message out of sight.
      const observer = new ResizeObserver(() => {
        if (pinnedNow.current) toEnd();
      });
      observer.observe(element);
      if (element.parentElement) observer.observe(element.parentElement);
      return () => observer.disconnect();
    },
    [toEnd],
  );

  const older = useCallback((load: () => Promise<boolean>) => {
    if (loading.current) return;
    loading.current = true;
    setPrepending(true);
    load()
      .catch(() => false)
      .then((some) => {
        if (!some) setPrepending(false);
        loading.current = false;
      });
  }, []);

  useEffect(() => {
    const keep = () => moved();
    return keep;
  }, [moved]);

  return { pinned, prepending, content, moved, toEnd, older };
}

function begin(
  id: string,
  items: readonly Item[],
  element: HTMLDivElement | null,
  list: VirtualizerHandle | null,
  pin: (value: boolean) => void,
): void {
  const unread = items.findIndex((item) => item.kind === "unread");
  const kept = places.get(id);
  if (unread >= 0 && element && list) {
    list.scrollToIndex(unread, { align: "start", offset: -element.clientHeight * UNREAD_AT });
    const rest = list.scrollSize - list.getItemOffset(unread);
    pin(rest <= element.clientHeight * (1 - UNREAD_AT));
  } else if (kept && !kept.pinned) {
    list?.scrollTo(kept.offset);
    pin(false);
  } else {
    list?.scrollToIndex(items.length - 1, { align: "end" });
    pin(true);
  }
}
