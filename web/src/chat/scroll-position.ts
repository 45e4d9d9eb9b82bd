/** The scroll position of the thread: following its end, or as the reader left it (W5). */

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import type { CacheSnapshot, VirtualizerHandle } from "virtua";
import { dropOldest, loadNewer, loadOlder, MOST_HELD, openNewest } from "../state/threads";
import { type Item, seqOf } from "./items";

/** The padding above the first item, as `.column` has it. */
export const COLUMN_TOP = 24;
/** Pixels from the end that still count as the end. */
const TOLERANCE = 24;
/** The unread line is this far down when a conversation is opened (W6). */
const UNREAD_AT = 0.25;
/** Pixels from either end at which more is loaded. */
const LOAD_DISTANCE = 1_200;
/** Milliseconds in which the list measures its first items, and scrolls by itself. */
const SETTLING = 200;
/** Frames for which older messages wait while the reader scrolls. */
const MOST_FRAMES = 30;

/** The item at the top of the window, and its pixels above the window. */
interface SavedPosition {
  readonly key: string;
  readonly above: number;
  readonly atEnd: boolean;
  /** The heights of the items, and how many there were. */
  readonly heights: CacheSnapshot;
  readonly count: number;
}

/** The position at which each conversation was left (W7). */
const savedPositions = new Map<string, SavedPosition>();

interface Options {
  readonly id: string;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly items: readonly Item[];
  readonly ready: boolean;
  /** The items reach up to the newest message. */
  readonly live: boolean;
  readonly complete: boolean;
}

export interface ScrollPosition {
  readonly atEnd: boolean;
  readonly content: (element: HTMLElement | null) => (() => void) | undefined;
  readonly moved: () => void;
  readonly toEnd: () => void;
}

export function useScrollPosition(options: Options): ScrollPosition {
  const { id, scroller, items, ready, live } = options;
  // False until it has been positioned: messages out of sight must not count as read.
  const [atEnd, setAtEnd] = useState(false);
  const atEndNow = useRef(false);
  const begun = useRef(false);
  const settled = useRef(false);
  const seen = useRef({ top: 0, height: 0 });
  const latest = useRef(options);
  latest.current = options;
  const load = useLoading();

  const updateAtEnd = useCallback((value: boolean) => {
    atEndNow.current = value;
    setAtEnd(value);
  }, []);

  const scrollToEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    element.scrollTop = element.scrollHeight;
    seen.current = positionOf(element);
  }, [scroller]);

  const toEnd = useCallback(() => {
    updateAtEnd(true);
    if (latest.current.live) scrollToEnd();
    else void openNewest(id).then(scrollToEnd, () => updateAtEnd(false));
  }, [id, updateAtEnd, scrollToEnd]);

  const moved = useCallback(() => {
    const element = scroller.current;
    if (!element || !begun.current) return;
    const below = distanceToEnd(element);
    const isAtEnd = below <= TOLERANCE && latest.current.live;
    const up = element.scrollTop < seen.current.top;
    seen.current = positionOf(element);
    if (atEndNow.current && !isAtEnd && !up && latest.current.live) {
      // It has grown faster than it was scrolled; only the reader leaves the end.
      scrollToEnd();
      return;
    }
    if (isAtEnd !== atEndNow.current) updateAtEnd(isAtEnd);
    if (!settled.current) return;
    savePosition(latest.current, element.scrollTop, isAtEnd);
    if (element.scrollTop < LOAD_DISTANCE && !latest.current.complete) {
      load(() => loadOlder(id, () => stopped(element)));
    } else if (below < LOAD_DISTANCE && !latest.current.live) {
      load(() => loadNewer(id));
    }
  }, [id, scroller, updateAtEnd, load, scrollToEnd]);

  /** Stay at the end. The event by which the reader leaves it comes a frame later than the move. */
  const follow = useCallback(() => {
    const element = scroller.current;
    if (!atEndNow.current || !element) return;
    const { top, height } = positionOf(element);
    // A shorter thread is scrolled by the browser.
    const up = top < seen.current.top && height >= seen.current.height;
    if (up && distanceToEnd(element) > TOLERANCE) updateAtEnd(false);
    else scrollToEnd();
  }, [scroller, updateAtEnd, scrollToEnd]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the items counts
  useLayoutEffect(() => {
    if (!ready || items.length === 0) return;
    if (!begun.current) {
      updateAtEnd(restorePosition(options));
      begun.current = true;
      setTimeout(() => {
        settled.current = true;
        moved();
      }, SETTLING);
    } else if (atEndNow.current && live) {
      follow();
      if (items.length > MOST_HELD * 1.5) load(async () => dropOldest(id));
    }
  }, [items, ready, live]);

  const content = useCallback(
    (element: HTMLElement | null) => {
      if (!element) return undefined;
      // Late growth, such as that of a picture, must not push the newest message out of sight.
      const observer = new ResizeObserver(follow);
      observer.observe(element);
      if (element.parentElement) observer.observe(element.parentElement);
      return () => observer.disconnect();
    },
    [follow],
  );

  return { atEnd, content, moved, toEnd };
}

const positionOf = ({ scrollTop: top, scrollHeight: height }: HTMLElement) => ({ top, height });

/** The pixels of the thread below the window. */
function distanceToEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}

/** The heights of the items when the conversation was left, if the items are the same. */
export function savedHeights(
  id: string,
  items: readonly Item[],
): { readonly cache: CacheSnapshot } | null {
  const saved = savedPositions.get(id);
  return saved?.count === items.length ? { cache: saved.heights } : null;
}

/** True if the items have changed only at their start: the end must keep its position. */
export function useShift(items: readonly Item[]): boolean {
  const before = useRef(items);
  useLayoutEffect(() => {
    before.current = items;
  }, [items]);
  const last = items.at(-1)?.key;
  return last === before.current.at(-1)?.key && firstKey(items) !== firstKey(before.current);
}

const firstKey = (items: readonly Item[]) => items.find((each) => seqOf(each) !== null)?.key;

/**
 * Wait for a frame in which the thread does not scroll: while it moves, its position cannot be
 * corrected for items that are added above.
 */
async function stopped(scroller: HTMLElement): Promise<void> {
  for (let frame = 0; frame < MOST_FRAMES; frame++) {
    const before = scroller.scrollTop;
    await new Promise(requestAnimationFrame);
    if (scroller.scrollTop === before) return;
  }
}

/** Runs one task at a time, and ignores others meanwhile. */
function useLoading(): (work: () => Promise<unknown>) => void {
  const loading = useRef(false);
  return useCallback((work) => {
    if (loading.current) return;
    loading.current = true;
    // Without a connection, the next scroll tries again.
    work()
      .catch(() => {})
      .then(() => {
        loading.current = false;
      });
  }, []);
}

/** `offset` is that of the element, since the list notices a movement later. */
function savePosition({ id, items, list }: Options, offset: number, atEnd: boolean): void {
  const handle = list.current;
  if (!handle) return;
  const at = handle.findItemIndex(offset);
  const key = items[at]?.key ?? "";
  const above = offset - COLUMN_TOP - handle.getItemOffset(at);
  savedPositions.set(id, { key, above, atEnd, heights: handle.cache, count: items.length });
}

/** Scroll to where reading begins or stopped; true if that is the end. */
function restorePosition({ id, items, scroller, list: handle, live }: Options): boolean {
  const list = handle.current;
  const height = scroller.current?.clientHeight ?? 0;
  const unread = items.findIndex((item) => item.kind === "unread");
  const saved = savedPositions.get(id);
  const at = saved?.atEnd ? -1 : items.findIndex((item) => item.key === saved?.key);
  if (unread >= 0 && list) {
    list.scrollToIndex(unread, { align: "start", offset: -height * UNREAD_AT });
    const rest = list.scrollSize - list.getItemOffset(unread);
    return live && rest <= height * (1 - UNREAD_AT);
  }
  if (saved && at >= 0) {
    list?.scrollToIndex(at, { align: "start", offset: saved.above });
    return false;
  }
  list?.scrollToIndex(items.length - 1, { align: "end" });
  return live;
}
