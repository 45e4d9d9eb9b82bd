/** The German texts of signing in and registering. */

import type { accounts as english } from "../en/accounts";

export const accounts: typeof english = {
  // Signing in
  signIn: "Anmelden",
  signInLead: "Deine Unterhaltungen sind da, wo du sie gelassen hast.",
  identifier: "E-Mail oder Benutzername",
  password: "Passwort",
  showPassword: "Passwort zeigen",
  hidePassword: "Passwort verbergen",
  needed: "Bitte ausfüllen.",
  continue: "Weiter",
  change: "Ändern",
  newHere: "Neu hier?",
  createAccount: "Konto anlegen",
  createAccountAction: "Konto anlegen",
  haveAccount: "Du hast schon eins?",
  wrongPassword: "Name oder Passwort falsch",
  wrongPasswordHint: "Prüfe beides und versuche es noch einmal.",
  tooManyTries: "Zu viele Versuche",
  tryAgainIn: (time) => `Du kannst es in ${time} wieder versuchen.`,
  signInFailed: "Die Anmeldung hat nicht geklappt",
  unreachable: "Der Server ist nicht erreichbar. Prüfe die Verbindung und versuche es noch einmal.",
  loginEnded: "Du wurdest abgemeldet",
  loginEndedHint: "Melde dich wieder an: Entwürfe und Ungesendetes sind noch da.",

  // Registering
  firstRunTitle: "Richte deinen Server ein",
  firstRunLead: "Es gibt noch kein Konto. Lege das erste für dich an.",
  firstRunHint:
    "Andere können sich danach hier registrieren, außer du schließt die Registrierung. Konten, Einladungen und Meldungen verwaltest du mit dem Befehl „backchannel“ auf dem Server.",
  registerLead: (host) => `Du wirst Teil von ${host}.`,
  registrationClosed: "Die Registrierung ist geschlossen",
  registrationClosedHint: "Bitte den Betreiber dieses Servers um ein Konto.",
  invitationNeeded: "Nur mit Einladung",
  invitationNeededHint:
    "Bitte andere Benutzer oder den Betreiber um einen Link und öffne ihn hier.",
  invitationEnded: "Dieser Link ist verbraucht oder zu alt. Bitte um einen neuen.",
  invitedBy: (name, host) => `${name} lädt dich zu ${host} ein.`,
  yourName: "Dein Name",
  username: "Benutzername",
  checkThese: "Die Registrierung hat nicht geklappt",
  usernameCharacters: "Nicht erlaubt: @ / \\ ? # % oder nur Punkte.",
  passwordShort: (least, have) => `Mindestens ${least} Zeichen. Es sind ${have}.`,
  passwordHint: "Ein langes Passwort ist besser als ein kompliziertes.",
  passwordGood: "Dieses Passwort ist stark.",
  passwordStrength: (score) => `Passwortstärke ${score} von 4`,
  runBy: (host) => `Privater Chat auf ${host}`,
};
