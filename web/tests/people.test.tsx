import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { ApiError, type Conversation, type Message, type User } from "backchannel-client";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import ForwardDialog from "../src/chat/forward-dialog";
import { PersonDialog } from "../src/chat/person-dialog";
import { Devices } from "../src/pages/settings-devices";
import { client } from "../src/state/client";
import { setState } from "../src/state/store";
import { loadSettingsStrings } from "../src/strings/settings";

const GRACE = { id: "grace", username: "ghopper", display_name: "Grace" } as User;
const AWAY = new ApiError(0, "unreachable", "");
const LATE = { timeout: 30_000 };
const CONVERSATION = {
  id: "c",
  kind: "direct",
  peer_id: "grace",
  peer: GRACE,
  settings: {},
  updated_at: "2026-11-27T10:00:00Z",
} as Conversation;

beforeAll(loadSettingsStrings);
beforeEach(() => setState({ conversations: { c: CONVERSATION }, link: "offline" }));
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const lookFor = (name: string) => {
  render(<PersonDialog title="New" onPick={() => {}} onClose={() => {}} />);
  fireEvent.change(screen.getByRole("combobox"), { target: { value: name } });
};

it("finds the people in the list without a connection", async () => {
  vi.spyOn(client.api, "users").mockRejectedValue(AWAY);
  lookFor("hopp");
  await screen.findByText("Grace", {}, LATE);
});

it("does not report an empty result if the server could not be reached, and asks again", async () => {
  const asked = vi.spyOn(client.api, "users").mockRejectedValue(AWAY);
  lookFor("joan");
  await screen.findByText(/The server cannot be reached/, {}, LATE);
  expect(screen.queryByText("No one found")).toBeNull();
  asked.mockResolvedValue([]);
  act(() => setState({ link: "online" }));
  await screen.findByText("No one found", {}, LATE);
});

it("does not offer the other member when choosing another user", async () => {
  const joan = { id: "joan", username: "joan", display_name: "Joan" } as User;
  vi.spyOn(client.api, "users").mockResolvedValue([GRACE, joan]);
  const message = { conversation_id: "c", sender_id: "ada", files: [] } as unknown as Message;
  render(<ForwardDialog message={message} onClose={() => {}} />);
  expect((await screen.findByRole("option", {}, LATE)).textContent).toContain("Joan");
});

it("gives the reason for missing devices, and shows them with a connection", async () => {
  const asked = vi.spyOn(client.api, "logins").mockRejectedValue(AWAY);
  render(<Devices />);
  await screen.findByText(/The server cannot be reached/, {}, LATE);
  const login = {
    id: "l",
    agent: "Firefox/1",
    address: "::1",
    last_used_at: CONVERSATION.updated_at,
  };
  asked.mockResolvedValue([{ ...login, current: true }] as never);
  act(() => setState({ link: "online" }));
  await screen.findByText("Firefox", {}, LATE);
  expect(screen.queryByText(/The server cannot be reached/)).toBeNull();
});
