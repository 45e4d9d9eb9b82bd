/** The Arabic texts of signing in and registering. */

import type { accounts as english } from "../en/accounts";
import { characters } from "./plurals";

export const accounts: typeof english = {
  // Signing in
  signIn: "تسجيل الدخول",
  signInLead: "محادثاتك حيث تركتها.",
  identifier: "البريد الإلكتروني أو اسم المستخدم",
  password: "كلمة المرور",
  showPassword: "إظهار كلمة المرور",
  hidePassword: "إخفاء كلمة المرور",
  needed: "املأ هذا الحقل.",
  continue: "متابعة",
  change: "تغيير",
  newHere: "جديد هنا؟",
  createAccount: "أنشئ حسابًا",
  createAccountAction: "إنشاء الحساب",
  haveAccount: "لديك حساب؟",
  wrongPassword: "الاسم أو كلمة المرور غير صحيحة",
  wrongPasswordHint: "تحقق منهما، ثم حاول مرة أخرى.",
  tooManyTries: "محاولات كثيرة",
  tryAgainIn: (time: string) => `يمكنك المحاولة مرة أخرى بعد ${time}.`,
  signInFailed: "تعذّر تسجيل الدخول",
  unreachable: "تعذّر الوصول إلى الخادم. تحقق من الاتصال وحاول مرة أخرى.",
  loginEnded: "تم تسجيل خروجك",
  loginEndedHint: "سجّل الدخول من جديد: مسوداتك ورسائلك غير المرسلة ما زالت هنا.",

  // Registering
  firstRunTitle: "إعداد الخادم",
  firstRunLead: "لا يوجد أي حساب بعد. أنشئ الحساب الأول، حسابك.",
  firstRunHint:
    "يمكن لغيرك التسجيل هنا بعد ذلك، ما لم تغلق التسجيل. تُدار الحسابات والدعوات والبلاغات بالأمر «backchannel» على الخادم.",
  registerLead: (host: string) => `ستنضم إلى ${host}.`,
  registrationClosed: "التسجيل مغلق",
  registrationClosedHint: "اطلب حسابًا ممن يدير هذا الخادم.",
  invitationNeeded: "بالدعوة فقط",
  invitationNeededHint: "اطلب رابطًا من أحد المستخدمين أو ممن يدير هذا الخادم وافتحه هنا.",
  invitationEnded: "استُخدم هذا الرابط أو انتهت مدته. اطلب رابطًا جديدًا.",
  invitedBy: (name: string, host: string) => `يدعوك ${name} إلى ${host}.`,
  yourName: "اسمك",
  username: "اسم المستخدم",
  checkThese: "تعذّر إنشاء الحساب",
  usernameCharacters: "غير مسموح: @ / \\ ? # % أو نقاط فقط.",
  passwordShort: (least: number, have: number) =>
    `الحد الأدنى ${characters(least)}. كتبت ${characters(have)}.`,
  passwordHint: "كلمة مرور طويلة خير من كلمة معقّدة.",
  passwordGood: "كلمة المرور هذه قوية.",
  passwordStrength: (score: number) => `قوة كلمة المرور ${score} من 4`,
  runBy: (host: string) => `دردشة خاصة على ${host}`,
};
