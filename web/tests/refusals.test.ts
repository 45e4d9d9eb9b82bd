import { readdirSync, readFileSync } from "node:fs";
import { ApiError } from "backchannel-client";
import { afterEach, expect, it, vi } from "vitest";
import { attempt } from "../src/state/actions";
import { writePreference } from "../src/state/preferences";
import { getState } from "../src/state/store";
import { refusals as ar } from "../src/strings/ar/refusals";
import { refusals as de } from "../src/strings/de/refusals";
import { refusals as en } from "../src/strings/en/refusals";
import { type Refusal, refusalText } from "../src/strings/refusals";

const SERVER = "../src/backchannel";
/** Those that `refusalText` takes from the texts of the first page. */
const SHARED = ["blocked", "invitation_needed"];
/** Those that end the login instead, and those that only another client can get. */
const NEVER_SHOWN = [
  ...["refused", "invalid", "unauthenticated", "token_expired", "unknown_account"],
  ...["email_taken", "client_id_reused"],
];

const refused = (code: string, field: string | null = null, retryAfter: number | null = null) =>
  new ApiError(400, code, "the server's words", field, retryAfter);
const inGerman = (refusal: Refusal) => {
  writePreference("language", "de");
  return refusalText(refusal);
};

afterEach(() => localStorage.clear());

it("has a text for each refusal of the server", () => {
  const folder = `${SERVER}/domain`;
  const sources = readdirSync(folder).filter((name) => name.endsWith(".py"));
  const codes = sources.flatMap((name) => {
    const found = readFileSync(`${folder}/${name}`, "utf8").matchAll(/^ {4}code\b.* = "(\w+)"/gm);
    return [...found].map(([, code]) => code as string);
  });
  expect(codes.length).toBeGreaterThan(20);
  const known = [...Object.keys(en.reasons), ...SHARED, ...NEVER_SHOWN];
  expect(codes.filter((code) => !known.includes(code))).toEqual([]);
});

it("names the limit of reactions that the server has", () => {
  const source = readFileSync(`${SERVER}/domain/revisions.py`, "utf8");
  const [, limit] = /^REACTION_KINDS = (\d+)/m.exec(source) ?? [];
  for (const { reasons } of [en, de, ar]) expect(reasons["conflict emoji"]).toContain(limit);
});

it.each([
  [refused("quota_exceeded"), de.reasons.quota_exceeded],
  [refused("invalid", "username"), de.reasons["invalid username"]],
  [refused("invalid", "new_password"), de.reasons["invalid password"]],
  [refused("conflict", "emoji"), de.reasons["conflict emoji"]],
  [refused("wrong_password", "old_password"), de.reasons.wrong_password],
  [refused("throttled", null, 75), "Zu viele Anfragen. Du kannst es in 1:15 wieder versuchen."],
  [refused("of_a_newer_server"), "Der Server hat das abgelehnt: the server's words"],
])("says it in the user's language: %#", async (refusal, text) => {
  expect(await inGerman(refusal)).toBe(text);
});

it("says why an action was refused", async () => {
  writePreference("language", "de");
  expect(await attempt(() => Promise.reject(refused("overloaded")))).toBe(false);
  await vi.waitFor(() => expect(getState().toast?.text).toBe(de.reasons.overloaded));
});
