import { act, renderHook } from "@testing-library/react";
import type { FileInfo, Message } from "backchannel-client";
import { expect, it, vi } from "vitest";
import { useMedia } from "../src/chat/media";
import { client } from "../src/state/client";
import { setState } from "../src/state/store";

const picture = (id: string) =>
  ({
    id,
    name: `${id}.png`,
    type: "image/png",
    thumbnail_url: "/",
    width: 9,
    height: 9,
  }) as FileInfo;
const message = (seq: number, file: FileInfo) =>
  ({ seq, files: [file], deleted_at: null }) as unknown as Message;

it("W10: shows the requested picture as soon as it is found", async () => {
  setState({ link: "online" });
  let answer = (_: Message[]) => {};
  vi.spyOn(client.api, "messages")
    .mockReturnValueOnce(new Promise((resolve) => (answer = resolve)) as never)
    .mockResolvedValue([]);
  const [first, last] = [picture("first"), picture("last")];
  const { result } = renderHook(() => useMedia("c", [message(9, last)], last, 9));
  act(() => result.current.step(-1));
  await act(async () => answer([message(2, first)]));
  const { media, at } = result.current;
  expect(media[at]?.file.id).toBe("first");
});
