/** The texts of the client but the settings, in English. Another language has the same shape. */

import { accounts } from "./accounts";
import { conversations } from "./conversations";
import { messages } from "./messages";

export const en = {
  lang: "en",
  dir: "ltr" as "ltr" | "rtl",
  appName: "Backchannel",

  // Frame
  conversations: "Conversations",
  skipToField: "Skip to the message field",
  skipToList: "Skip to the conversations",
  switchTheme: "Switch theme",
  close: "Close",
  back: "Back to conversations",
  you: "You",
  yourAccount: (online: boolean) => `Your account, ${online ? "online" : "offline"}`,
  settings: "Settings",
  signOut: "Sign out",
  save: "Save",
  /** As keyboards of this language call them. */
  keys: { control: "Ctrl", delete: "Del" },

  // Connection
  offline: "Offline.",
  offlineText: "What you write is kept and sent later.",
  tryNow: "Try now",
  noRoomInThisTab: "This device has no space left. Send it from the tab that you opened first.",
  deviceFull: "This device is full.",
  deviceFullText: "You can continue, but unsent messages are lost when you close the page.",

  // Trouble
  somethingFailed: "Something went wrong",
  reloadText: "Your conversations and drafts are safe. Reload the page to continue.",
  reload: "Reload",
  bytes: ["B", "kB", "MB", "GB"] as readonly string[],
  just: "just now",
  updateReady: "A new version is ready.",
  update: "Update",

  ...accounts,
  ...conversations,
  ...messages,
};

export type Strings = typeof en;
