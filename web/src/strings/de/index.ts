/** The texts of the client but the settings, in German. */

import type { Strings } from "../en";
import { accounts } from "./accounts";
import { conversations } from "./conversations";
import { messages } from "./messages";

export const de: Strings = {
  lang: "de",
  dir: "ltr",
  appName: "Backchannel",

  // Frame
  conversations: "Unterhaltungen",
  skipToField: "Zum Nachrichtenfeld springen",
  skipToList: "Zu den Unterhaltungen springen",
  switchTheme: "Farbschema wechseln",
  close: "Schließen",
  back: "Zurück zu den Unterhaltungen",
  you: "Du",
  yourAccount: (online) => `Dein Konto, ${online ? "online" : "offline"}`,
  settings: "Einstellungen",
  signOut: "Abmelden",
  save: "Speichern",
  /** As keyboards of this language call them. */
  keys: { control: "Strg", delete: "Entf" },

  // Connection
  offline: "Offline.",
  offlineText: "Was du schreibst, bleibt und wird später gesendet.",
  tryNow: "Jetzt versuchen",
  noRoomInThisTab:
    "Auf diesem Gerät ist kein Platz. Sende es aus dem Tab, den du zuerst geöffnet hast.",
  deviceFull: "Dieses Gerät ist voll.",
  deviceFullText:
    "Du kannst weiterschreiben, aber Ungesendetes geht verloren, wenn du die Seite schließt.",

  // Trouble
  somethingFailed: "Das hat nicht geklappt",
  reloadText: "Deine Unterhaltungen und Entwürfe sind sicher. Lade die Seite neu.",
  reload: "Neu laden",
  bytes: ["B", "kB", "MB", "GB"],
  just: "gerade eben",
  updateReady: "Eine neue Version ist bereit.",
  update: "Aktualisieren",

  ...accounts,
  ...conversations,
  ...messages,
};
