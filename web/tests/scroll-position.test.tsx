import { render } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import type { Item } from "../src/chat/items";
import { type ScrollPosition, useScrollPosition } from "../src/chat/scroll-position";

const WINDOW = 500;

/** A thread of this many pixels, which scrolls as in a browser: at most to its end. */
class Scroller {
  top = 0;
  height = 2_000;
  readonly clientHeight = WINDOW;
  get scrollHeight(): number {
    return this.height;
  }
  get scrollTop(): number {
    return Math.min(this.top, this.height - WINDOW);
  }
  set scrollTop(to: number) {
    this.top = Math.min(to, this.height - WINDOW);
  }
}

const list = { scrollToIndex: () => {}, findItemIndex: () => 0, getItemOffset: () => 0 };
const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, key): Item => ({ kind: "typing", key: String(key) }));

let scroller: Scroller;
let place: ScrollPosition;
let show: (count: number) => void;

function Thread({ count }: { readonly count: number }) {
  const given = { id: "c", ready: true, live: true, complete: true, items: itemsOf(count) };
  place = useScrollPosition({
    ...given,
    scroller: { current: scroller as unknown as HTMLDivElement },
    list: { current: list as never },
  });
  return null;
}

beforeEach(() => {
  vi.useFakeTimers();
  scroller = new Scroller();
  const { rerender } = render(<Thread count={1} />);
  show = (count) => rerender(<Thread count={count} />);
  scroller.scrollTop = scroller.height;
  place.moved();
  return () => vi.useRealTimers();
});

it("follows the end as the thread grows", () => {
  scroller.height += 300;
  show(2);
  expect(scroller.scrollTop).toBe(2_300 - WINDOW);
  expect(place.atEnd).toBe(true);
});

it("W5: keeps the position of a scroll whose event has not arrived yet", () => {
  scroller.scrollTop -= 400;
  const { scrollTop } = scroller;
  scroller.height += 300;
  show(2);
  expect(scroller.scrollTop).toBe(scrollTop);
  expect(place.atEnd).toBe(false);
});

it("follows the end after the thread has become shorter", () => {
  scroller.height -= 200;
  show(2);
  scroller.height += 100;
  show(3);
  expect(scroller.scrollTop).toBe(1_900 - WINDOW);
  expect(place.atEnd).toBe(true);
});
