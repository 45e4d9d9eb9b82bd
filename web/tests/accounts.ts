/** Accounts and logins as in the server's responses. */

import type { Account, Tokens } from "backchannel-client";

export function account(id: string, fields: Partial<Account> = {}): Account {
  return {
    id,
    username: id,
    display_name: id,
    about: "",
    avatar_url: null,
    email: null,
    created_at: "",
    updated_at: "",
    ...fields,
  } as Account;
}

let logins = 0;

/** The tokens of a new login. */
export function tokensOf(user: Account): Tokens {
  logins += 1;
  const ends = new Date(Date.now() + 3_600_000).toISOString();
  return {
    user,
    login_id: `login ${logins}`,
    access_token: `access ${logins}`,
    expires_at: ends,
    expires_in: 3_600,
    refresh_token: null,
    refresh_expires_at: ends,
  } as unknown as Tokens;
}
