import { type RefObject, useEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import { dayName } from "../ui/format";
import type { Item } from "./items";

interface Props {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly items: readonly Item[];
}

/** Milliseconds without scrolling, after which the day is hidden. */
const REST = 1_200;
/** Pixels from the top of the thread to the middle of the pill. */
const MIDDLE = 20;
/** Pixels from the end, where new messages scroll the thread. */
const END = 80;

/** The day of the messages at the top, shown above them while the thread is scrolled. */
export default function FloatingDay({ scroller, list, items }: Props) {
  const [at, setAt] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const latest = useRef(items);
  latest.current = items;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let before = element.scrollTop;
    const onScroll = () => {
      const moved = Math.abs(element.scrollTop - before);
      before = element.scrollTop;
      if (moved === 0) return;
      const left = element.scrollHeight - element.clientHeight - before;
      const index = list.current?.findItemIndex(before + MIDDLE) ?? 0;
      const time = left > END ? timeOf(latest.current[index]) : null;
      clearTimeout(timer);
      setShown(time !== null);
      if (time === null) return;
      setAt(time);
      timer = setTimeout(() => setShown(false), REST);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      element.removeEventListener("scroll", onScroll);
    };
  }, [scroller, list]);
  return (
    <div className={`floating-day${shown ? " is-shown" : ""}`} aria-hidden>
      {at && <span>{dayName(at)}</span>}
    </div>
  );
}

/** The time of an item's message; null for items without one, such as the heading of a day. */
function timeOf(item: Item | undefined): string | null {
  return item?.kind === "message" || item?.kind === "answer"
    ? (item.message?.created_at ?? null)
    : null;
}
