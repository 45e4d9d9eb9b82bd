import type { Conversation } from "backchannel-client";
import { expect, it, vi } from "vitest";
import { markRead } from "../src/state/actions";
import { client } from "../src/state/client";
import { setState } from "../src/state/store";

it("W13: sends one read mark at a time, and the newest at the end", async () => {
  const conversation = { id: "c", mine: { delivered_seq: 0, read_seq: 0 } } as Conversation;
  setState({ conversations: { c: conversation } });
  const answers: (() => void)[] = [];
  const told = vi
    .spyOn(client.api, "markRead")
    .mockImplementation(
      () => new Promise<never>((resolve) => answers.push(() => resolve(undefined as never))),
    );
  const first = markRead("c", 1);
  for (const seq of [2, 3, 4]) void markRead("c", seq);
  expect(told.mock.calls).toEqual([["c", 1]]);
  answers[0]?.();
  await vi.waitFor(() => expect(answers).toHaveLength(2), 60_000);
  answers[1]?.();
  await first;
  expect(told.mock.calls).toEqual([
    ["c", 1],
    ["c", 4],
  ]);
});
