import { afterEach, expect, it, vi } from "vitest";
import { setState } from "../src/state/store";
import { play, seek } from "../src/voice/playback";
import { account } from "./accounts";

const SOUND = { id: "sound", url: "blob:sound", length: 20 };

afterEach(() => {
  vi.restoreAllMocks();
  setState({ me: null });
});

it("stops the sound of a user who signs out, and forgets how far each was played", async () => {
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  const stopped = vi.spyOn(HTMLMediaElement.prototype, "pause");
  setState({ me: account("ada") });
  await play(SOUND);
  seek(SOUND, 10);
  stopped.mockClear();
  setState({ me: null });
  expect(stopped).toHaveBeenCalled();
  dispatchEvent(new Event("pagehide"));
  expect(sessionStorage.getItem("backchannel.played")).toBe("[]");
});
