/** The signed-in user: at the start, by the sign-in page, and until the login ends. */

import { type Account, ApiError, type Tokens } from "backchannel-client";
import { client } from "./client";
import { compareClocks } from "./clock";
import { forgetAllContents } from "./content";
import { follow, postToTabs, unfollow } from "./following";
import { carryOut } from "./removals";
import { getState, setMe, setState, useStore } from "./store";

/** The most characters of a display name. */
export const NAME_LIMIT = 64;

/** The user whose data this device shows before the server has answered. Not a secret. */
const KEY = "backchannel.account";

/** Show the pages of the user who was signed in last, or the sign-in page. */
export async function start(): Promise<void> {
  client.on("tokens", (tokens) => {
    if (!tokens) return;
    compareClocks(tokens);
    setMe(tokens.user);
  });
  client.on("loggedOut", () => void ended());
  useStore.subscribe(({ me }, before) => {
    if (me && me !== before.me) localStorage.setItem(KEY, JSON.stringify(me));
  });
  const account = remembered();
  if (account) {
    setState({ me: account, phase: "ready" });
    await begin(account);
    return;
  }
  await loadConfig();
  setState({ phase: "signed-out" });
}

export async function signIn(identifier: string, password: string): Promise<void> {
  await enter(await client.login(identifier, password));
}

export async function register(
  username: string,
  password: string,
  displayName: string,
  invitation: string | null,
): Promise<void> {
  const name = displayName.trim();
  await client.api.register({
    username,
    password,
    ...(name && { display_name: name }),
    ...(invitation !== null && { invitation }),
  });
  await signIn(username, password);
}

export async function signOut(): Promise<void> {
  await carryOut(Number.POSITIVE_INFINITY); // this device is about to remove them
  try {
    await client.logout();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  postToTabs({ type: "signed-out" });
  forget();
  await unfollow(true);
  await loadConfig();
  setState({ phase: "signed-out", ended: false });
}

/** Change the password. This ends all logins, so this browser logs in again. */
export async function changePassword(old: string, fresh: string): Promise<void> {
  client.disconnect(); // otherwise the end of the old login would sign the user out
  let changed: Tokens;
  try {
    changed = await client.api.changePassword(old, fresh);
  } catch (error) {
    const { me } = getState();
    if (me) await follow(me.id);
    throw error;
  }
  client.tokens.adopt(changed);
  const { user } = await client.login(changed.user.username, fresh);
  await client.api.endLogin(changed.login_id);
  await follow(user.id);
}

/** Erase the account at the server, and all its data on this device. */
export async function deleteAccount(password: string): Promise<void> {
  await client.api.deleteAccount(password);
  postToTabs({ type: "signed-out" });
  forget();
  await unfollow(true);
  await loadConfig();
  setState({ phase: "signed-out", ended: false });
}

export async function loadConfig(): Promise<void> {
  const config = await client.api.config().catch(() => null);
  setState({ config });
}

async function enter(tokens: Tokens): Promise<void> {
  setState({ me: tokens.user, phase: "ready", ended: false });
  await begin(tokens.user);
}

async function begin(account: Account): Promise<void> {
  await follow(account.id);
  void loadConfig();
}

/**
 * The login was ended elsewhere, or has expired: drafts, unsent and stored messages stay on
 * this device until the same user signs in again; contents of files do not.
 */
async function ended(): Promise<void> {
  forget();
  await forgetAllContents();
  await unfollow();
  await loadConfig();
  setState({ phase: "signed-out", ended: true });
}

function remembered(): Account | null {
  const kept = localStorage.getItem(KEY);
  return kept ? (JSON.parse(kept) as Account) : null;
}

function forget(): void {
  localStorage.removeItem(KEY);
  setState({ me: null });
}
