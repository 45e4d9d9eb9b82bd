import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { ApiError, type User } from "backchannel-client";
import { afterEach, expect, it, vi } from "vitest";
import { Shell } from "../src/chat/shell";
import { client } from "../src/state/client";
import { setState } from "../src/state/store";

const GRACE = { id: "grace", username: "grace", display_name: "Grace" } as User;
const lookedUp = () => act(() => vi.waitFor(() => expect(client.api.user).toHaveBeenCalled()));

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  setState({ users: {}, link: "offline" });
});

it("has a way back from a user that does not exist", async () => {
  vi.spyOn(client.api, "user").mockRejectedValue(new ApiError(404, "not_found", "no such user"));
  render(<Shell id={null} peerId="grace" />);
  await screen.findByText("This conversation does not exist", {}, { timeout: 30_000 });
  expect(screen.getByRole("link", { name: "Back to conversations" }).getAttribute("href")).toBe(
    "/",
  );
});

it("requests a user again with a connection, and does not report a missing user before", async () => {
  const asked = vi.spyOn(client.api, "user");
  asked.mockRejectedValueOnce(new ApiError(0, "unreachable", ""));
  render(<Shell id={null} peerId="grace" />);
  await lookedUp();
  expect(screen.queryByText("This conversation does not exist")).toBeNull();
  asked.mockResolvedValue(GRACE);
  act(() => setState({ link: "online" }));
  await screen.findByRole("heading", { name: /Grace/ }, { timeout: 30_000 });
});

it("W14: Escape closes the details, wherever the focus is", async () => {
  setState({ users: { grace: GRACE } });
  render(<Shell id={null} peerId="grace" />);
  const button = await screen.findByRole("button", { name: "Details" }, { timeout: 30_000 });
  fireEvent.click(button);
  await screen.findByRole("complementary", { name: "Details" }, { timeout: 30_000 });
  fireEvent.keyDown(button, { key: "Escape" });
  expect(screen.queryByRole("complementary", { name: "Details" })).toBeNull();
});
