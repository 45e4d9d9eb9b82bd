/** All texts in the user's language, for pages that need those of the settings, too. */

import type { Strings } from "./en";
import type { SettingsStrings } from "./en/settings";
import { t as common, language } from "./index";

/** Live, as that of `index.ts`: it is there once `loadSettingsStrings` has run. */
export let t: Strings & SettingsStrings;

/** Load the texts; a page that reads them waits for this. */
export async function loadSettingsStrings(): Promise<void> {
  const chosen = language();
  const { settings } =
    chosen === "de"
      ? await import("./de/settings")
      : chosen === "ar"
        ? await import("./ar/settings")
        : await import("./en/settings");
  t = { ...common, ...settings };
}
