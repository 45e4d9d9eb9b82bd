/** Preferences that this browser keeps for its user; losing them does no harm. */

interface Preferences {
  readonly theme: "light" | "dark" | "";
  readonly language: string;
  readonly textSize: string;
  readonly enterSends: "yes" | "no";
  readonly notifications: "yes" | "no";
  readonly notificationTexts: "yes" | "no";
  readonly sound: "drop" | "wood" | "none";
  /** Show previews of linked pages. */
  readonly linkPreviews: "yes" | "no";
  /** 12 or 24 hours, or as in the system. */
  readonly times: "" | "12" | "24";
  readonly quietHours: "yes" | "no";
  /** Times of day, such as `22:00`. */
  readonly quietFrom: string;
  readonly quietUntil: string;
  /** 0 for none, or 1 (light) to 5 (dark). */
  readonly skinTone: string;
  /** The latest first, with spaces between them. */
  readonly recentEmoji: string;
  /** The speed of voice messages. */
  readonly playbackRate: string;
}

const DEFAULTS: Preferences = {
  theme: "",
  language: "",
  textSize: "15",
  enterSends: "yes",
  notifications: "no",
  notificationTexts: "no",
  sound: "drop",
  linkPreviews: "yes",
  times: "",
  quietHours: "no",
  quietFrom: "22:00",
  quietUntil: "07:30",
  skinTone: "0",
  recentEmoji: "",
  playbackRate: "1",
};
const PREFIX = "backchannel.";

export function readPreference<Name extends keyof Preferences>(name: Name): Preferences[Name] {
  try {
    const kept = localStorage.getItem(PREFIX + name);
    return (kept ?? DEFAULTS[name]) as Preferences[Name];
  } catch {
    return DEFAULTS[name]; // this browser forbids storage
  }
}

export function writePreference<Name extends keyof Preferences>(
  name: Name,
  value: Preferences[Name],
): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // It is effective until the page is closed.
  }
  applyAppearance();
}

/** Apply theme and text size. */
export function applyAppearance(): void {
  const root = document.documentElement;
  const theme = readPreference("theme");
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const size = Number(readPreference("textSize"));
  const factor = size >= 13 && size <= 20 ? size / 15 : 1;
  root.style.setProperty("--text-scale", String(factor));
}

export function isDark(): boolean {
  const theme = readPreference("theme");
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function switchTheme(): void {
  writePreference("theme", isDark() ? "light" : "dark");
}
