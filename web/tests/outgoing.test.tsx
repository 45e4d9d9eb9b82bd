import { cleanup, render, screen } from "@testing-library/react";
import type { Outgoing } from "backchannel-client";
import { afterEach, beforeEach, it } from "vitest";
import type { Item } from "../src/chat/items";
import { OutgoingView } from "../src/chat/outgoing";
import { writePreference } from "../src/state/preferences";
import { loadStrings } from "../src/strings";

type OutgoingItem = Extract<Item, { kind: "outgoing" }>;

function showRefused(code: string, message: string): void {
  const failed = { code, message };
  const fields = { client_id: "o", body: "Hallo", files: [], created_at: Date.now(), failed };
  const outgoing = fields as unknown as Outgoing;
  const item = { kind: "outgoing", outgoing, first: true, last: true } as OutgoingItem;
  render(<OutgoingView item={item} onEdit={() => {}} />);
}

beforeEach(async () => {
  writePreference("language", "de");
  await loadStrings();
});
afterEach(() => {
  cleanup();
  writePreference("language", "en");
});

it.each([
  ["blocked", "Ihr könnt einander nicht schreiben."],
  ["request_unanswered", "Du kannst wieder schreiben, sobald deine Anfrage beantwortet ist."],
  ["not_found", "Den Empfänger oder eine angehängte Datei gibt es nicht mehr."],
  ["account_disabled", "Dieses Konto ist gesperrt. Frag, wer den Server betreibt."],
  ["invalid", "Diese Nachricht ist zu lang. Sende sie als Datei."],
  ["of_a_newer_server", "Der Server hat das abgelehnt: the server's own text"],
])("shows in the user's language why a message was refused: %s", async (code, reason) => {
  showRefused(code, "the server's own text");
  await screen.findByText(reason, {}, { timeout: 60_000 });
});
