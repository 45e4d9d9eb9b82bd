/** Where the thread stands: at its end, where it follows, or where the reader has put it (W5). */

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import type { CacheSnapshot, VirtualizerHandle } from "virtua";
import { dropOldest, loadNewer, loadOlder, MOST_HELD, openNewest } from "../state/threads";
import { type Item, seqOf } from "./items";

/** The padding above the first item, as `.column` has it. */
export const COLUMN_TOP = 24;
/** Pixels from the end that still count as the end. */
const SLACK = 24;
/** The unread line comes to stand this far down when a conversation is opened (W6). */
const UNREAD_AT = 0.25;
/** Pixels from either end at which more is loaded. */
const NEAR = 1_200;
/** Milliseconds in which the list measures what it draws first, and scrolls by itself. */
const SETTLING = 200;

/** The item at the top of the window, and how many pixels of it are above. */
interface Kept {
  readonly key: string;
  readonly above: number;
  readonly pinned: boolean;
  /** The heights of the items, and how many there were. */
  readonly heights: CacheSnapshot;
  readonly count: number;
}

/** Where each conversation was left (W7). */
const places = new Map<string, Kept>();

interface Given {
  readonly id: string;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly items: readonly Item[];
  readonly ready: boolean;
  /** The items reach up to the newest message. */
  readonly live: boolean;
  readonly complete: boolean;
}

export interface Place {
  readonly pinned: boolean;
  readonly content: (element: HTMLElement | null) => (() => void) | undefined;
  readonly moved: () => void;
  readonly toEnd: () => void;
}

export function usePinned(given: Given): Place {
  const { id, scroller, items, ready, live } = given;
  // Not before it has been placed: what is not in sight must not count as read.
  const [pinned, setPinned] = useState(false);
  const pinnedNow = useRef(false);
  const begun = useRef(false);
  const settled = useRef(false);
  const latest = useRef(given);
  latest.current = given;
  const load = useLoading();

  const pin = useCallback((value: boolean) => {
    pinnedNow.current = value;
    setPinned(value);
  }, []);

  const scrollToEnd = useCallback(() => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  const toEnd = useCallback(() => {
    pin(true);
    if (latest.current.live) scrollToEnd();
    else void openNewest(id).then(scrollToEnd, () => pin(false));
  }, [id, pin, scrollToEnd]);

  const moved = useCallback(() => {
    const element = scroller.current;
    if (!element || !begun.current) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    const atEnd = below <= SLACK && latest.current.live;
    if (atEnd !== pinnedNow.current) pin(atEnd);
    if (!settled.current) return;
    keep(latest.current, element.scrollTop, atEnd);
    if (element.scrollTop < NEAR && !latest.current.complete) load(() => loadOlder(id));
    else if (below < NEAR && !latest.current.live) load(() => loadNewer(id));
  }, [id, scroller, pin, load]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the items counts
  useLayoutEffect(() => {
    if (!ready || items.length === 0) return;
    if (!begun.current) {
      pin(begin(given));
      begun.current = true;
      setTimeout(() => {
        settled.current = true;
        moved();
      }, SETTLING);
    } else if (pinnedNow.current && live) {
      scrollToEnd();
      if (items.length > MOST_HELD * 1.5) load(async () => dropOldest(id));
    }
  }, [items, ready, live]);

  const content = useCallback(
    (element: HTMLElement | null) => {
      if (!element) return undefined;
      // What grows late, such as a picture, must not push the newest message out of sight.
      const observer = new ResizeObserver(() => {
        if (pinnedNow.current) scrollToEnd();
      });
      observer.observe(element);
      if (element.parentElement) observer.observe(element.parentElement);
      return () => observer.disconnect();
    },
    [scrollToEnd],
  );

  return { pinned, content, moved, toEnd };
}

/** The heights that the items had when the conversation was left, if they are the same ones. */
export function keptHeights(
  id: string,
  items: readonly Item[],
): { readonly cache: CacheSnapshot } | null {
  const kept = places.get(id);
  return kept?.count === items.length ? { cache: kept.heights } : null;
}

/** Whether the items were changed at their start only: then the end has to keep its place. */
export function useShift(items: readonly Item[]): boolean {
  const before = useRef(items);
  useLayoutEffect(() => {
    before.current = items;
  }, [items]);
  const last = items.at(-1)?.key;
  return last === before.current.at(-1)?.key && firstKey(items) !== firstKey(before.current);
}

const firstKey = (items: readonly Item[]) => items.find((each) => seqOf(each) !== null)?.key;

/** Runs one work at a time, and none while another runs. */
function useLoading(): (work: () => Promise<unknown>) => void {
  const loading = useRef(false);
  return useCallback((work) => {
    if (loading.current) return;
    loading.current = true;
    // Without a connection it is tried again at the next movement.
    work()
      .catch(() => {})
      .then(() => {
        loading.current = false;
      });
  }, []);
}

/** `offset` is the element's: the list hears of a movement later. */
function keep({ id, items, list }: Given, offset: number, pinned: boolean): void {
  const handle = list.current;
  if (!handle) return;
  const at = handle.findItemIndex(offset);
  const key = items[at]?.key ?? "";
  const above = offset - COLUMN_TOP - handle.getItemOffset(at);
  places.set(id, { key, above, pinned, heights: handle.cache, count: items.length });
}

/** Put the thread where it is to be read first; whether that is its end. */
function begin({ id, items, scroller, list: handle, live }: Given): boolean {
  const list = handle.current;
  const height = scroller.current?.clientHeight ?? 0;
  const unread = items.findIndex((item) => item.kind === "unread");
  const kept = places.get(id);
  const at = kept?.pinned ? -1 : items.findIndex((item) => item.key === kept?.key);
  if (unread >= 0 && list) {
    list.scrollToIndex(unread, { align: "start", offset: -height * UNREAD_AT });
    const rest = list.scrollSize - list.getItemOffset(unread);
    return live && rest <= height * (1 - UNREAD_AT);
  }
  if (kept && at >= 0) {
    list?.scrollToIndex(at, { align: "start", offset: kept.above });
    return false;
  }
  list?.scrollToIndex(items.length - 1, { align: "end" });
  return live;
}
