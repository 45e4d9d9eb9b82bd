/** Times, sizes and names in readable form. */

import { now as serverTime } from "../state/clock";
import { readPreference } from "../state/preferences";
import { t } from "../strings";

const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = t.lang + JSON.stringify(options);
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(t.lang === "en" ? "en-GB" : t.lang, options);
  formats.set(key, made);
  return made;
}

/** The hour cycle of the browser's region, independent of the client's language. */
const regional = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions()
  .hourCycle;

/** 09:42 */
export function clock(at: string | number | Date): string {
  const hours = readPreference("times");
  const hour12 = hours ? hours === "12" : regional === "h12" || regional === "h11";
  return format({ hour: hour12 ? "numeric" : "2-digit", minute: "2-digit", hour12 }).format(
    new Date(at),
  );
}

/** The number of days before `now`: 0 on the same day, 1 on the day before. */
function daysAgo(at: Date, now: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(now) - midnight(at)) / DAY);
}

/** The day of a message, for the pill above it. */
export function dayName(at: string | number, now = new Date(serverTime())): string {
  const date = new Date(at);
  const days = daysAgo(date, now);
  if (days === 0) return t.today;
  if (days === 1) return t.yesterday;
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const };
  return format({ weekday: "long", day: "numeric", month: "long", ...year }).format(date);
}

/** 09:42, Tue, 12 Nov: the shortest form. */
export function shortTime(at: string, now = new Date(serverTime())): string {
  const date = new Date(at);
  const days = daysAgo(date, now);
  if (days <= 0) return clock(date);
  if (days < 7) return format({ weekday: "short" }).format(date);
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "2-digit" as const };
  return format({ day: "numeric", month: "short", ...year }).format(date);
}

/** A time, for use within a sentence. */
export function when(at: string, now = new Date(serverTime())): string {
  const date = new Date(at);
  if (now.getTime() - date.getTime() < 60_000) return t.just;
  const days = daysAgo(date, now);
  if (days <= 0) return clock(date);
  if (days === 1) return `${t.yesterday.toLocaleLowerCase(t.lang)}, ${clock(date)}`;
  return format({ day: "numeric", month: "long" }).format(date);
}

/** 09:42 today, otherwise with the day. */
export function dayAndClock(at: string, now = new Date(serverTime())): string {
  const time = clock(at);
  return dayOf(Date.parse(at)) === dayOf(now.getTime()) ? time : `${dayName(at, now)}, ${time}`;
}

/** Midnight before, by the device's calendar: equal for two times of one day. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** 1.8 MB */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < t.bytes.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  const number = new Intl.NumberFormat(t.lang, { maximumFractionDigits: digits }).format(value);
  return `${number} ${t.bytes[unit]}`;
}

/** 1:08, from milliseconds. */
export function length(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
