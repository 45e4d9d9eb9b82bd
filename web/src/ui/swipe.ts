/** Swipes and long presses on a touch screen; a swiped element follows the finger. */

import { type PointerEvent, useRef } from "react";

export type Side = "start" | "end";

interface Options {
  /** The selector of the element that can be swiped, below the one that has the handlers. */
  readonly selector: string;
  readonly sides: readonly Side[];
  readonly onBegin?: (element: HTMLElement) => void;
  /** Called when it is released far enough towards this side. */
  readonly onSwipe: (element: HTMLElement, side: Side) => void;
  readonly onEnd?: () => void;
  /** A long press, if the browser opens no context menu for it (Safari on iOS). */
  readonly onHold: (element: HTMLElement, x: number, y: number) => void;
}

interface Swipe {
  readonly element: HTMLElement;
  readonly x: number;
  readonly y: number;
  readonly timer: ReturnType<typeof setTimeout> | 0;
  side: Side | null;
  distance: number;
}

/** Pixels until a touch is a swipe, until it counts, and at most. */
const START_DISTANCE = 12;
const SWIPE_DISTANCE = 64;
const LONGEST_SWIPE = 96;
/** Milliseconds of a long press; browsers that support it use half a second. */
const HOLD = 600;
/** Milliseconds between the end of a gesture and the browser's click event. */
const CLICK_AFTER = 50;

const NEVER = Number.NEGATIVE_INFINITY;

export function useSwipe({ selector, sides, onBegin, onSwipe, onEnd, onHold }: Options) {
  const swipe = useRef<Swipe | null>(null);
  const ended = useRef(NEVER);
  const held = useRef(false);
  const forget = () => {
    clearTimeout(swipe.current?.timer);
    swipe.current = null;
  };
  const endClick = (event: Event) => {
    if (event.timeStamp - ended.current > CLICK_AFTER) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const end = (event: PointerEvent) => {
    const done = swipe.current;
    forget();
    if (held.current || done?.side) {
      ended.current = event.timeStamp;
      // The menu of a long press is under the finger and may get the click.
      addEventListener("click", endClick, { capture: true, once: true });
    }
    held.current = false;
    if (!done?.side) return;
    delete done.element.dataset.swipe;
    done.element.style.removeProperty("--swipe");
    onEnd?.();
    if (event.type === "pointerup" && done.distance >= SWIPE_DISTANCE)
      onSwipe(done.element, done.side);
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      ended.current = NEVER; // the next click belongs to this pointer
      if (event.pointerType !== "touch" || !event.isPrimary) return;
      const target = event.target as Element;
      const element = target.closest<HTMLElement>(selector);
      const { clientX: x, clientY: y } = event;
      forget();
      held.current = false;
      if (!element) return;
      const hold = () => {
        forget();
        held.current = true;
        onHold(element, x, y);
      };
      // A link within has a menu of the browser's.
      const timer = target.closest("a") === element.closest("a") ? setTimeout(hold, HOLD) : 0;
      swipe.current = { element, x, y, timer, side: null, distance: 0 };
    },
    onPointerMove: (event: PointerEvent) => {
      const now = swipe.current;
      if (!now) return;
      const x = event.clientX - now.x;
      if (!now.side) {
        const y = Math.abs(event.clientY - now.y);
        if (y > START_DISTANCE) forget();
        if (Math.abs(x) < START_DISTANCE || y > START_DISTANCE) return;
        const side = sideOf(now.element, x);
        if (!sides.includes(side)) {
          forget();
          return;
        }
        now.side = side;
        clearTimeout(now.timer);
        now.element.setPointerCapture(event.pointerId);
        onBegin?.(now.element);
      }
      now.distance = sideOf(now.element, x) === now.side ? Math.min(Math.abs(x), LONGEST_SWIPE) : 0;
      now.element.dataset.swipe = now.distance >= SWIPE_DISTANCE ? `${now.side} far` : now.side;
      now.element.style.setProperty("--swipe", `${Math.sign(x) * now.distance}px`);
    },
    onPointerUp: end,
    onPointerCancel: end,
    onContextMenuCapture: forget,
  };
}

function sideOf(element: HTMLElement, x: number): Side {
  const leftToRight = getComputedStyle(element).direction === "ltr";
  return x > 0 === leftToRight ? "end" : "start";
}
