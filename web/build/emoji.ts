/** Emoji with names and keywords of CLDR, from `emojibase-data`, as small modules loaded late. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

interface Emoji {
  readonly emoji: string;
  readonly label: string;
  readonly tags?: readonly string[];
  readonly group?: number;
  readonly order?: number;
  readonly version: number;
  readonly skins?: readonly { readonly emoji: string; readonly tone: number | number[] }[];
}

/** The Unicode version that fonts of somewhat older systems support. */
const NEWEST = 15;
/** The groups of emojibase, in the order of the picker; people are with the smileys. */
const GROUPS = [[0, 1], [3], [4], [6], [5], [7], [8], [9]];
const TONES = ["🏻", "🏼", "🏽", "🏾", "🏿"];
/** The most keywords of an emoji. */
const MOST_TAGS = 8;
const PREFIX = "virtual:emoji/";

/** `virtual:emoji/set` has the emoji, `virtual:emoji/en` and `/de` their words, line by line. */
export function emoji(): Plugin {
  return {
    name: "emoji",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    async load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const name = id.slice(PREFIX.length + 1);
      const groups = grouped(await dataset(name === "set" ? "en" : name));
      const line = name === "set" ? shape : words;
      const text = groups.map((group) => group.map(line).join("\n")).join("\n\n");
      return `export default ${JSON.stringify(text)};`;
    },
  };
}

async function dataset(locale: string): Promise<Emoji[]> {
  const path = `../node_modules/emojibase-data/${locale}/data.json`;
  return JSON.parse(await readFile(fileURLToPath(new URL(path, import.meta.url)), "utf8"));
}

function grouped(all: readonly Emoji[]): Emoji[][] {
  const offered = all
    .filter((each) => each.version <= NEWEST && each.order !== undefined)
    .sort((one, other) => (one.order ?? 0) - (other.order ?? 0));
  return GROUPS.map((group) => offered.filter((each) => group.includes(each.group ?? -1)));
}

/** The emoji, with a "+" after it if a skin tone can follow its first character. */
function shape({ emoji: plain, skins = [] }: Emoji): string {
  const [first = "", ...rest] = [...plain].filter((each, at) => !(at === 1 && each === "\ufe0f"));
  const tinted = TONES.map((tone) => first + tone + rest.join(""));
  const known = skins.filter((skin) => typeof skin.tone === "number").map((skin) => skin.emoji);
  return known.length === 5 && known.every((each) => tinted.includes(each)) ? `${plain}+` : plain;
}

/** The name, and the keywords that are not part of it. */
function words({ label, tags = [] }: Emoji): string {
  const more = tags.filter((tag) => !label.includes(tag)).slice(0, MOST_TAGS);
  return [label, ...more].join("|");
}
