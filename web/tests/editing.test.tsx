import { fireEvent, render, screen } from "@testing-library/react";
import type { Conversation, Message } from "backchannel-client";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { DraftComposer } from "../src/chat/draft-composer";
import { client } from "../src/state/client";

const message = (seq: number, body: string) =>
  ({
    id: `m${seq}`,
    conversation_id: "c",
    seq,
    body,
    files: [],
    deleted_at: null,
  }) as unknown as Message;
const FIRST = message(1, "the first");
const SECOND = message(2, "the second");
const CONVERSATION = { id: "c", kind: "direct", peer_id: "grace" } as Conversation;

function Page() {
  const [edited, setEdited] = useState<Message | null>(FIRST);
  const nothing = () => {};
  return (
    <>
      <button type="button" onClick={() => setEdited(SECOND)}>
        Edit the second
      </button>
      <DraftComposer
        conversation={CONVERSATION}
        draftKey="grace"
        name="Grace"
        edited={edited}
        jump={null}
        onEdit={setEdited}
        onFiles={nothing}
        onSent={nothing}
      />
    </>
  );
}

it("W11: the response to an edit does not end the next edit", async () => {
  let answer = (_: Message) => {};
  vi.spyOn(client.api, "edit").mockReturnValue(new Promise((resolve) => (answer = resolve)));
  render(<Page />);
  const field = screen.getByRole<HTMLTextAreaElement>("textbox");
  fireEvent.change(field, { target: { value: "the first, edited" } });
  fireEvent.keyDown(field, { key: "Enter" });
  expect(client.api.edit).toHaveBeenCalledWith(FIRST, "the first, edited");
  fireEvent.click(screen.getByText("Edit the second"));
  fireEvent.change(field, { target: { value: "the second, edited" } });
  answer(FIRST);
  await vi.waitFor(() => expect(field.value).toBe("the second, edited"), 60_000);
  await new Promise((done) => setTimeout(done));
  expect(field.value).toBe("the second, edited");
});
