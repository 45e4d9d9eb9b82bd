import "fake-indexeddb/auto";
import type * as Sdk from "backchannel-client";
import { beforeEach, expect, it, vi } from "vitest";
import type * as Client from "../src/state/client";
import type * as Following from "../src/state/following";
import type * as Login from "../src/state/login";
import { databaseName, emptyDraft } from "../src/state/schema";
import type * as Store from "../src/state/store";
import { account, tokensOf } from "./accounts";

const KEY = "backchannel.account";
const ADA = account("ada");

let sdk: typeof Sdk;
let client: typeof Client.client;
let following: typeof Following;
let login: typeof Login;
let store: typeof Store;

const remembered = () => JSON.parse(localStorage.getItem(KEY) ?? "null");
const databases = async () => (await indexedDB.databases()).map((each) => each.name);

/** A page that has just been loaded, and a server that accepts every login. */
beforeEach(async () => {
  vi.resetModules();
  sdk = await import("backchannel-client");
  ({ client } = await import("../src/state/client"));
  following = await import("../src/state/following");
  login = await import("../src/state/login");
  store = await import("../src/state/store");
  vi.spyOn(client, "connect").mockReturnValue();
  vi.spyOn(client.api, "config").mockResolvedValue({ password_minimum: 9 } as never);
  vi.spyOn(client.api, "logout").mockResolvedValue(undefined as never);
  vi.spyOn(client.api, "login").mockImplementation(async (name) => tokensOf(account(name)));
  return async () => {
    await following.unfollow(true);
    localStorage.clear();
  };
});

it("shows the sign-in page if no user is signed in", async () => {
  await login.start();
  expect(store.getState()).toMatchObject({ phase: "signed-out", ended: false, me: null });
  expect(store.getState().config?.password_minimum).toBe(9);
  expect(client.connect).not.toHaveBeenCalled();
});

it("shows the signed-in user before the server has answered", async () => {
  localStorage.setItem(KEY, JSON.stringify(ADA));
  const starting = login.start();
  expect(store.getState()).toMatchObject({ phase: "ready", me: ADA });
  await starting;
  await vi.waitFor(() => expect(client.connect).toHaveBeenCalled(), 60_000);
});

it("keeps the account that the server sent while the page was starting", async () => {
  localStorage.setItem(KEY, JSON.stringify(ADA));
  const starting = login.start();
  const renamed = account("ada", { display_name: "Ada Lovelace" });
  client.tokens.adopt(tokensOf(renamed));
  await starting;
  expect(store.getState().me).toEqual(renamed);
  expect(remembered()).toEqual(renamed);
});

it("remembers the user who signs in", async () => {
  await login.start();
  await login.signIn("ada", "a password");
  expect(store.getState()).toMatchObject({ phase: "ready", me: ADA });
  expect(remembered()).toEqual(ADA);
  expect(await databases()).toContain(databaseName("ada"));
});

it("signs in a user who has registered, without sending empty fields", async () => {
  const asked = vi.spyOn(client.api, "register").mockResolvedValue(undefined as never);
  await login.register("ada", "a password", "  ", null);
  expect(asked).toHaveBeenCalledWith({ username: "ada", password: "a password" });
  expect(store.getState().me).toEqual(ADA);
});

it("removes all data of a user who signs out", async () => {
  await login.start();
  await login.signIn("ada", "a password");
  await login.signOut();
  expect(store.getState()).toMatchObject({ phase: "signed-out", ended: false, me: null });
  expect(remembered()).toBeNull();
  expect(await databases()).not.toContain(databaseName("ada"));
  expect(client.tokens.current).toBeNull();
});

it("signs out even if the server refuses or cannot be reached", async () => {
  vi.spyOn(client.api, "logout").mockRejectedValue(new sdk.ApiError(0, "unreachable", ""));
  await login.signIn("ada", "a password");
  await login.signOut();
  expect(store.getState()).toMatchObject({ phase: "signed-out", me: null });
});

it("removes all data if a user signs out while the databases are being opened", async () => {
  localStorage.setItem(KEY, JSON.stringify(ADA));
  const starting = login.start();
  await login.signOut();
  await starting;
  expect(following.database()).toBeNull();
  expect(await databases()).not.toContain(databaseName("ada"));
  expect(store.getState()).toMatchObject({ phase: "signed-out", me: null });
});

it("does not sign in again with tokens that arrive after signing out", async () => {
  await login.start();
  await login.signIn("ada", "a password");
  await login.signOut();
  client.tokens.adopt(tokensOf(ADA));
  expect(store.getState().me).toBeNull();
  expect(remembered()).toBeNull();
});

it("does not sign in again with an account that arrives after signing out", async () => {
  const { refetch } = await import("../src/state/refetching");
  await login.signIn("ada", "a password");
  let answer = (_: typeof ADA) => {};
  vi.spyOn(client.api, "me").mockReturnValue(new Promise((resolve) => (answer = resolve)));
  const asking = refetch({ conversations: [], users: ["ada"] });
  await login.signOut();
  answer(ADA);
  await asking;
  store.setMe(ADA); // as with a profile that is saved late
  expect(store.getState().me).toBeNull();
  expect(remembered()).toBeNull();
});

it("does not replace the account by an older one", async () => {
  await login.signIn("ada", "a password");
  const newer = account("ada", { about: "Throws pots", updated_at: "2026-05-04T10:00:01.000Z" });
  store.setMe(newer);
  store.setMe(account("ada", { updated_at: "2026-05-04T10:00:00.000Z" }));
  expect(store.getState().me).toEqual(newer);
});

it("keeps drafts when the login was ended elsewhere, and says so", async () => {
  await login.start();
  await login.signIn("ada", "a password");
  await following.database()?.keepDraft({ ...emptyDraft("grace"), text: "half a thought" });
  client.emit("loggedOut", undefined);
  await vi.waitFor(() => expect(store.getState().phase).toBe("signed-out"), 60_000);
  expect(store.getState()).toMatchObject({ ended: true, me: null });
  expect(store.getState().drafts).toEqual({});
  await login.signIn("ada", "a password");
  expect(store.getState().ended).toBe(false);
  expect(store.getState().drafts.grace?.text).toBe("half a thought");
});

it("logs in again with a new password, without being signed out", async () => {
  await login.signIn("ada", "a password");
  const changed = tokensOf(ADA);
  vi.spyOn(client.api, "changePassword").mockResolvedValue(changed);
  const ended = vi.spyOn(client.api, "endLogin").mockResolvedValue(undefined as never);
  await login.changePassword("a password", "another one");
  expect(client.api.login).toHaveBeenLastCalledWith("ada", "another one");
  expect(ended).toHaveBeenCalledWith(changed.login_id);
  expect(store.getState()).toMatchObject({ phase: "ready", me: ADA });
});

it("continues with the old login if the password was refused", async () => {
  await login.signIn("ada", "a password");
  await vi.waitFor(() => expect(client.connect).toHaveBeenCalledTimes(1), 60_000);
  vi.spyOn(client.api, "changePassword").mockRejectedValue(
    new sdk.ApiError(403, "forbidden", "no"),
  );
  await expect(login.changePassword("wrong", "another one")).rejects.toThrow("no");
  await vi.waitFor(() => expect(client.connect).toHaveBeenCalledTimes(2), 60_000);
  expect(store.getState()).toMatchObject({ phase: "ready", me: ADA });
});

it("removes all data of a deleted account", async () => {
  await login.signIn("ada", "a password");
  vi.spyOn(client.api, "deleteAccount").mockResolvedValue(undefined as never);
  await login.deleteAccount("a password");
  expect(store.getState()).toMatchObject({ phase: "signed-out", me: null });
  expect(await databases()).not.toContain(databaseName("ada"));
});
