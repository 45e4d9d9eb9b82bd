/** All emoji with their words, loaded when a picker is first opened. */

import { readPreference, writePreference } from "../state/preferences";
import { language } from "../strings";

export interface Emoji {
  readonly text: string;
  readonly name: string;
  /** The words by which it is found, in lower case. */
  readonly words: readonly string[];
  readonly hasTones: boolean;
}

const TONES = ["", "🏻", "🏼", "🏽", "🏾", "🏿"];
const MOST_RECENT = 16;
const MOST_FOUND = 80;

let loading: Promise<readonly (readonly Emoji[])[]> | null = null;

/** The emoji by group; found by English words, and in German also by German ones. */
export function loadEmoji(): Promise<readonly (readonly Emoji[])[]> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load(): Promise<Emoji[][]> {
  const [set, english, own] = await Promise.all([
    import("virtual:emoji/set"),
    import("virtual:emoji/en"),
    language() === "de" ? import("virtual:emoji/de") : null,
  ]);
  const linesOf = (text: string) => text.split("\n\n").map((group) => group.split("\n"));
  const inEnglish = linesOf(english.default);
  const inOwn = own ? linesOf(own.default) : inEnglish;
  return linesOf(set.default).map((group, row) =>
    group.map((shape, at) => {
      const words = [inOwn[row]?.[at] ?? "", own ? (inEnglish[row]?.[at] ?? "") : ""];
      return {
        text: shape.replace("+", ""),
        name: words[0]?.split("|")[0] ?? "",
        words: words.join("|").toLowerCase().split("|"),
        hasTones: shape.endsWith("+"),
      };
    }),
  );
}

/** The emoji with a word that begins with `text`: by name first, then by keywords. */
export function findEmoji(groups: readonly (readonly Emoji[])[], text: string): Emoji[] {
  const wanted = text.trim().toLowerCase();
  const ranked = groups.flat().flatMap((emoji) => {
    const rank = rankOf(emoji, wanted);
    return rank < 3 ? [{ emoji, rank }] : [];
  });
  ranked.sort((one, other) => one.rank - other.rank);
  return ranked.slice(0, MOST_FOUND).map((each) => each.emoji);
}

function rankOf({ words }: Emoji, wanted: string): number {
  if (words[0]?.startsWith(wanted)) return 0;
  if (words.some((each) => each.startsWith(wanted))) return 1;
  return words.some((each) => each.includes(` ${wanted}`)) ? 2 : 3;
}

/** The emoji with the skin tone that the user has chosen. */
export function tinted(emoji: Emoji, tone: number): string {
  if (!emoji.hasTones || tone === 0) return emoji.text;
  const [first = "", ...rest] = [...emoji.text].filter((each, at) => at !== 1 || each !== "\ufe0f");
  return first + TONES[tone] + rest.join("");
}

export const skinTone = (): number => Number(readPreference("skinTone")) || 0;

export function recentEmoji(): string[] {
  return readPreference("recentEmoji").split(" ").filter(Boolean);
}

export function remember(emoji: string): void {
  const rest = recentEmoji().filter((each) => each !== emoji);
  writePreference("recentEmoji", [emoji, ...rest].slice(0, MOST_RECENT).join(" "));
}
