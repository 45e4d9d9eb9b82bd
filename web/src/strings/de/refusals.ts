/** The German texts of the server's refusals. */

import type { RefusalStrings } from "../en/refusals";

export const refusals: RefusalStrings = {
  tooFast: (time) => `Zu viele Anfragen. Du kannst es in ${time} wieder versuchen.`,
  unknown: (detail) => `Der Server hat das abgelehnt: ${detail}`,
  reasons: {
    account_disabled: "Dieses Konto ist gesperrt. Frag, wer den Server betreibt.",
    conflict: "Das hat sich inzwischen geändert.",
    "conflict emoji": "Eine Nachricht kann höchstens 20 verschiedene Reaktionen haben.",
    damaged: "Der Server kann das nicht lesen: Es ist beschädigt. Sag es dem Betreiber.",
    failed: "Die Antwort des Servers war nicht lesbar. Versuche es später noch einmal.",
    forbidden: "Das darfst du nicht.",
    internal: "Beim Server ist ein Fehler aufgetreten. Der Betreiber findet ihn im Protokoll.",
    "invalid about": "Schreibe eine Zeile aus sichtbaren Zeichen.",
    "invalid body": "Diese Nachricht ist zu lang. Sende sie als Datei.",
    "invalid display_name":
      "Dieser Name ist reserviert oder hat ungewöhnliche Zeichen. Wähle einen anderen.",
    "invalid password":
      "Dieses Passwort ist zu häufig, zu lang oder gleich deinem Namen. Wähle ein anderes.",
    "invalid q": "Suche nach weniger oder kürzeren Wörtern.",
    "invalid username":
      "Dieser Benutzername ist reserviert, zu lang oder hat ungewöhnliche Zeichen. Wähle einen anderen.",
    not_found: "Das gibt es nicht mehr.",
    "not_found body": "Den Empfänger oder eine angehängte Datei gibt es nicht mehr.",
    overloaded: "Der Server ist ausgelastet. Versuche es gleich noch einmal.",
    quota_exceeded: "Dein Platz auf dem Server ist belegt. Lösche Nachrichten mit Dateien.",
    request_unanswered: "Du kannst wieder schreiben, sobald deine Anfrage beantwortet ist.",
    throttled: "Zu viele Anfragen. Versuche es gleich noch einmal.",
    too_large: "Das ist größer, als der Server erlaubt.",
    unavailable: "Der Server kann das gerade nicht tun. Versuche es später noch einmal.",
    unsupported_file:
      "Der Server nimmt diese Datei nicht an. Ist sie beschädigt? Packe Programme vorher in ein Archiv.",
    username_taken: "Diesen Namen hat schon jemand.",
    wrong_password: "Dieses Passwort ist falsch.",
  },
};
