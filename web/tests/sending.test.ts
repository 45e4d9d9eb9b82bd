import type { Conversation, FileInfo, Message, Outgoing } from "backchannel-client";
import { expect, it, vi } from "vitest";
import { askAgain, editOutgoing, saveDraft, send } from "../src/state/actions";
import { client } from "../src/state/client";
import { emptyDraft } from "../src/state/schema";
import { getState, setState } from "../src/state/store";

const first = { ...emptyDraft("grace"), text: "first" };
const typed = () => getState().drafts.grace?.text;

/** Holds the write of the outbox until the test ends it. */
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

it("W4: keeps text that is typed while a message is put into the outbox", async () => {
  const outbox = heldOutbox();
  const sending = send(first, null);
  expect(typed()).toBe("");
  await saveDraft({ ...first, text: "second" });
  outbox.stored();
  await sending;
  expect(typed()).toBe("second");
});

it("W4: restores a text that cannot be stored, before later text", async () => {
  const outbox = heldOutbox();
  const sending = send(first, null);
  await saveDraft({ ...first, text: "second" });
  outbox.failed();
  await expect(sending).rejects.toThrow("quota");
  expect(typed()).toBe("first\nsecond");
});

it("W4: turns an unsent message into a draft again, before later text", async () => {
  const discard = vi.spyOn(client, "discard").mockResolvedValue();
  await saveDraft({ ...first, text: "second", files: [{ id: "f2" } as FileInfo] });
  const files = [{ id: "f1" }];
  const refused = { client_id: "c1", body: "first", reply_to: 7, files };
  await editOutgoing("grace", refused as unknown as Outgoing);
  expect(getState().drafts.grace).toMatchObject({
    text: "first\nsecond",
    reply_to: 7,
    files: [{ id: "f1" }, { id: "f2" }],
  });
  expect(discard).toHaveBeenCalledWith("c1");
});

it("W8: names a file once that both the draft and the unsent message have", async () => {
  vi.spyOn(client, "discard").mockResolvedValue();
  await saveDraft({ ...emptyDraft("grace"), files: [{ id: "f1" }, { id: "f2" }] as FileInfo[] });
  const refused = { client_id: "c1", body: "", reply_to: null, files: [{ id: "f1" }] };
  await editOutgoing("grace", refused as unknown as Outgoing);
  expect(getState().drafts.grace?.files.map((each) => each.id)).toEqual(["f1", "f2"]);
});

it("asks a question again with its files", async () => {
  const sent = vi.spyOn(client, "send").mockResolvedValue(undefined as never);
  setState({ conversations: { s: { id: "s", peer_id: "assistant" } as Conversation } });
  const files = [{ id: "f1" } as FileInfo];
  await askAgain({ conversation_id: "s", body: "", files } as unknown as Message);
  expect(sent).toHaveBeenLastCalledWith({ to: "assistant", conversationId: "s", body: "", files });
});
