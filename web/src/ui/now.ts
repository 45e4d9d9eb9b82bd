/** The current time, for relative texts such as "Yesterday". */

import { create } from "zustand";
import { now } from "../state/clock";
import { dayOf } from "./format";

const MINUTE = 60_000;
/** Milliseconds between two readings of the clock. */
const PAUSE = 20_000;

const read = () => ({ minute: Math.floor(now() / MINUTE), day: dayOf(now()) });
const useNow = create(read);
const update = () => useNow.setState(read());
setInterval(update, PAUSE);
// Timers of a hidden page, or of a sleeping device, are late.
document.addEventListener("visibilitychange", update);

/** Render the component again with each minute. */
export function useMinute(): void {
  useNow(({ minute }) => minute);
}

/** Render the component again with each day. */
export function useDay(): void {
  useNow(({ day }) => day);
}
