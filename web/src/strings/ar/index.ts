/** The texts of the client but the settings, in Arabic. */

import type { Strings } from "../en";
import { accounts } from "./accounts";
import { conversations } from "./conversations";
import { messages } from "./messages";

export const ar: Strings = {
  lang: "ar",
  dir: "rtl",
  appName: "Backchannel",

  // Frame
  conversations: "المحادثات",
  skipToField: "انتقل إلى حقل الرسالة",
  skipToList: "انتقل إلى المحادثات",
  switchTheme: "تبديل المظهر",
  close: "إغلاق",
  back: "العودة إلى المحادثات",
  you: "أنت",
  yourAccount: (online: boolean) => `حسابك، ${online ? "متصل" : "غير متصل"}`,
  settings: "الإعدادات",
  signOut: "تسجيل الخروج",
  save: "حفظ",
  /** As keyboards of this language call them. */
  keys: { control: "Ctrl", delete: "Del" },

  // Connection
  offline: "غير متصل.",
  offlineText: "ما تكتبه يُحفظ ويُرسل لاحقًا.",
  tryNow: "حاول الآن",
  noRoomInThisTab: "لا مساحة على هذا الجهاز. أرسله من علامة التبويب التي فتحتها أولًا.",
  deviceFull: "هذا الجهاز ممتلئ.",
  deviceFullText: "يمكنك المتابعة، لكن ما لم يُرسل بعد يضيع عند إغلاق الصفحة.",

  // Trouble
  somethingFailed: "لم ينجح ذلك",
  reloadText: "محادثاتك ومسوداتك محفوظة. حمّل الصفحة من جديد للمتابعة.",
  reload: "تحميل من جديد",
  bytes: ["بايت", "ك.ب", "م.ب", "ج.ب"],
  just: "الآن",
  updateReady: "يتوفر إصدار جديد.",
  update: "تحديث",

  ...accounts,
  ...conversations,
  ...messages,
};
