import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { ApiError } from "backchannel-client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SignIn } from "../src/pages/sign-in";
import { SignUp } from "../src/pages/sign-up";
import { client } from "../src/state/client";

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const type = (label: string, value: string) =>
  fireEvent.change(field(label), { target: { value } });
const press = (name: string) =>
  act(async () => {
    const button = screen.getByRole("button", { name });
    button.focus();
    fireEvent.click(button);
  });

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it("asks for a missing username, and focuses its field", async () => {
  render(<SignUp />);
  type("Password", "a long enough phrase");
  await press("Create account");
  screen.getByText("Fill this in.");
  expect(document.activeElement).toBe(field("Username"));
});

it("reports forbidden characters of a username, once the user pauses", async () => {
  const register = vi.spyOn(client.api, "register");
  const said = () => screen.queryByText(/^Not allowed/);
  render(<SignUp />);
  for (const name of ["ada@example.org", "a/b", "..."]) {
    type("Username", name);
    expect(said()).toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(1_000));
    expect(said()).not.toBeNull();
    type("Username", "Ada L. 1815");
    expect(said()).toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(1_000));
  }
  type("Username", "ada#1");
  type("Password", "a long enough phrase");
  await press("Create account");
  expect(said()).not.toBeNull();
  expect(document.activeElement).toBe(field("Username"));
  expect(register).not.toHaveBeenCalled();
});

it("focuses the field that the server refuses, and drops the problem once it is changed", async () => {
  const refusal = new ApiError(400, "invalid", "password is too common", "password");
  vi.spyOn(client.api, "register").mockRejectedValue(refusal);
  render(<SignUp />);
  type("Username", "ada");
  type("Password", "password1234");
  await press("Create account");
  const text = /^This password is too common/;
  await vi.waitFor(() => expect(screen.getAllByText(text)).toHaveLength(2));
  expect(document.activeElement).toBe(field("Password"));
  type("Password", "password12345");
  expect(screen.queryByText(text)).toBeNull();
});

async function enterName() {
  render(<SignIn />);
  type("Email or username", "ada");
  await press("Continue");
}

it("does not sign in without a password, and focuses a wrong one", async () => {
  const refused = vi
    .spyOn(client, "login")
    .mockRejectedValue(new ApiError(401, "unauthorized", ""));
  await enterName();
  await press("Sign in");
  expect(refused).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(field("Password"));
  type("Password", "not that one");
  await press("Sign in");
  screen.getByText("Wrong name or password");
  expect(document.activeElement).toBe(field("Password"));
});

it("allows another attempt once the time is over", async () => {
  const throttled = new ApiError(429, "throttled", "", null, 5);
  vi.spyOn(client, "login").mockRejectedValue(throttled);
  await enterName();
  type("Password", "not that one");
  await press("Sign in");
  screen.getByText("You can try again in 0:05.");
  expect(screen.queryByLabelText("Password")).toBeNull();
  await act(() => vi.advanceTimersByTimeAsync(6_000));
  expect(screen.queryByText("Too many attempts")).toBeNull();
  type("Password", "that one");
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Sign in" }).disabled).toBe(false);
});
