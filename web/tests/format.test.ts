import { afterEach, expect, it } from "vitest";
import { writePreference } from "../src/state/preferences";
import { clock } from "../src/ui/format";

const EVENING = new Date(2026, 10, 24, 21, 5);

afterEach(() => localStorage.clear());

it("shows times as the user has chosen", () => {
  writePreference("times", "24");
  expect(clock(EVENING)).toBe("21:05");
  writePreference("times", "12");
  expect(clock(EVENING)).toMatch(/^9:05\s?pm$/i);
});
