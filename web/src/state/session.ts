/** Who is signed in: at the start, by the sign-in page, and until the login ends. */

import { type Account, ApiError, type Session } from "backchannel-client";
import { client } from "./client";
import { follow, tellTabs, unfollow } from "./following";
import { carryOut } from "./removals";
import { getState, setState, useStore } from "./store";

/** Whose data this device shows before the server has answered. Not a secret. */
const KEY = "backchannel.account";

/** Show the pages of whoever was signed in last, or the sign-in page. */
export async function start(): Promise<void> {
  client.on("session", (session) => {
    if (session) remember(session.user);
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
  await carryOut(Number.POSITIVE_INFINITY); // this device is about to forget them
  try {
    await client.logout();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  tellTabs({ say: "signed-out" });
  forget();
  await unfollow(true);
  await loadConfig();
  setState({ phase: "signed-out", ended: false });
}

/** Change the password: that ends all logins, so this browser logs in anew. */
export async function changePassword(old: string, fresh: string): Promise<void> {
  client.disconnect(); // else the end of the old login would look like being signed out
  let changed: Session;
  try {
    changed = await client.api.changePassword(old, fresh);
  } catch (error) {
    const { me } = getState();
    if (me) await follow(me.id);
    throw error;
  }
  client.session.adopt(changed);
  const { user } = await client.login(changed.user.username, fresh);
  await client.api.endLogin(changed.login_id);
  await follow(user.id);
}

/** Erase the account at the server, and everything that this device holds. */
export async function deleteAccount(password: string): Promise<void> {
  await client.api.deleteAccount(password);
  tellTabs({ say: "signed-out" });
  forget();
  await unfollow(true);
  await loadConfig();
  setState({ phase: "signed-out", ended: false });
}

export async function loadConfig(): Promise<void> {
  const config = await client.api.config().catch(() => null);
  setState({ config });
}

async function enter(session: Session): Promise<void> {
  remember(session.user);
  setState({ me: session.user, phase: "ready", ended: false });
  await begin(session.user);
}

async function begin(account: Account): Promise<void> {
  await follow(account.id);
  setState({ me: account });
  void loadConfig();
}

/** The login has ended elsewhere: drafts and unsent messages stay on this device. */
async function ended(): Promise<void> {
  forget();
  await unfollow();
  await loadConfig();
  setState({ phase: "signed-out", ended: true });
}

function remember(account: Account): void {
  setState({ me: account });
}

function remembered(): Account | null {
  const kept = localStorage.getItem(KEY);
  return kept ? (JSON.parse(kept) as Account) : null;
}

function forget(): void {
  localStorage.removeItem(KEY);
  setState({ me: null });
}
