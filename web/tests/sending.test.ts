import { expect, it, vi } from "vitest";
import { saveDraft, send } from "../src/state/actions";
import { client } from "../src/state/client";
import { emptyDraft } from "../src/state/schema";
import { getState } from "../src/state/store";

const first = { ...emptyDraft("grace"), text: "first" };
const typed = () => getState().drafts.grace?.text;

/** Holds the outbox until it is told how its write has ended. */
function heldOutbox() {
  let stored = (): void => undefined;
  let failed = (_: Error): void => undefined;
  vi.spyOn(client, "send").mockImplementation(
    () =>
      new Promise<never>((resolve, reject) => {
        stored = () => resolve(undefined as never);
        failed = reject;
      }),
  );
  return { stored: () => stored(), failed: () => failed(new Error("quota")) };
}

it("W4: keeps what is typed while a message goes into the outbox", async () => {
  const outbox = heldOutbox();
  const sending = send(first, null);
  expect(typed()).toBe("");
  await saveDraft({ ...first, text: "second" });
  outbox.stored();
  await sending;
  expect(typed()).toBe("second");
});

it("W4: gives the text back when it cannot be kept, before what was typed since", async () => {
  const outbox = heldOutbox();
  const sending = send(first, null);
  await saveDraft({ ...first, text: "second" });
  outbox.failed();
  await expect(sending).rejects.toThrow("quota");
  expect(typed()).toBe("first\nsecond");
});
