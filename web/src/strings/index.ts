/** The texts in the user's language. */

import { readPreference } from "../state/preferences";
import { en, type Strings } from "./en";

export type Language = "en" | "de" | "ar";

export const LANGUAGES: Readonly<Record<Language, string>> = {
  en: "English",
  de: "Deutsch",
  ar: "العربية",
};

/** The language that was chosen, or the first of the browser's that there is. */
export function language(): Language {
  const chosen = readPreference("language");
  const wanted = [chosen, ...navigator.languages.map((each) => each.slice(0, 2))];
  return wanted.find((each): each is Language => each in LANGUAGES) ?? "en";
}

/** Live: modules read it when they render, after `loadStrings` has run. */
export let t: Strings = en;

/** Load the texts; only one language is fetched. */
export async function loadStrings(): Promise<void> {
  if (language() === "de") t = (await import("./de")).de;
  if (language() === "ar") t = (await import("./ar")).ar;
  document.documentElement.lang = t.lang;
  document.documentElement.dir = t.dir;
}
