/** Swipes to the side on a touch screen: what is swiped follows the finger. */

import { type MouseEvent, type PointerEvent, useRef } from "react";

export type Side = "start" | "end";

interface Given {
  /** What can be swiped, below the element that has the handlers. */
  readonly selector: string;
  readonly sides: readonly Side[];
  readonly onBegin?: (element: HTMLElement) => void;
  /** Let go far enough towards this side. */
  readonly onSwipe: (element: HTMLElement, side: Side) => void;
  readonly onEnd?: () => void;
}

interface Swipe {
  readonly element: HTMLElement;
  readonly x: number;
  readonly y: number;
  side: Side | null;
  distance: number;
}

/** Pixels until a touch is a swipe, until it counts, and at most. */
const BEGIN = 12;
const FAR = 64;
const FARTHEST = 96;
/** Milliseconds in which a click belongs to the swipe before it. */
const CLICK_AFTER = 50;

export function useSwipe({ selector, sides, onBegin, onSwipe, onEnd }: Given) {
  const swipe = useRef<Swipe | null>(null);
  const ended = useRef(Number.NEGATIVE_INFINITY);
  const end = (event: PointerEvent) => {
    const done = swipe.current;
    swipe.current = null;
    if (!done?.side) return;
    ended.current = performance.now();
    delete done.element.dataset.swipe;
    done.element.style.removeProperty("--swipe");
    onEnd?.();
    if (event.type === "pointerup" && done.distance >= FAR) onSwipe(done.element, done.side);
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType !== "touch" || !event.isPrimary) return;
      const element = (event.target as Element).closest<HTMLElement>(selector);
      const { clientX: x, clientY: y } = event;
      swipe.current = element && { element, x, y, side: null, distance: 0 };
    },
    onPointerMove: (event: PointerEvent) => {
      const now = swipe.current;
      if (!now) return;
      const x = event.clientX - now.x;
      if (!now.side) {
        const y = Math.abs(event.clientY - now.y);
        if (y > BEGIN) swipe.current = null;
        if (Math.abs(x) < BEGIN || y > BEGIN) return;
        const side = sideOf(now.element, x);
        if (!sides.includes(side)) {
          swipe.current = null;
          return;
        }
        now.side = side;
        now.element.setPointerCapture(event.pointerId);
        onBegin?.(now.element);
      }
      now.distance = sideOf(now.element, x) === now.side ? Math.min(Math.abs(x), FARTHEST) : 0;
      now.element.dataset.swipe = now.distance >= FAR ? `${now.side} far` : now.side;
      now.element.style.setProperty("--swipe", `${Math.sign(x) * now.distance}px`);
    },
    onPointerUp: end,
    onPointerCancel: end,
    onClickCapture: (event: MouseEvent) => {
      if (performance.now() - ended.current > CLICK_AFTER) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

function sideOf(element: HTMLElement, x: number): Side {
  const leftToRight = getComputedStyle(element).direction === "ltr";
  return x > 0 === leftToRight ? "end" : "start";
}
