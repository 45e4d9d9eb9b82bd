import "fake-indexeddb/auto";
import { expect, it } from "vitest";
import { setState } from "../src/state/store";
import { discard, leave, restore, useRecording } from "../src/voice/recorder";
import { keepPiece, piecesOf } from "../src/voice/recording-store";
import { account } from "./accounts";

it("W9: a recording that is sent late does not remove another one", async () => {
  setState({ me: account("ada") });
  for (const key of ["grace", "joan"]) {
    // This database cannot copy blobs.
    const content = { type: "audio/webm" } as Blob;
    await keepPiece("ada", { key, number: 1, content, samples: [9] });
  }
  await restore("grace");
  await leave(); // to another conversation, while it is being sent
  await restore("joan");
  await discard("grace");
  expect(useRecording.getState()).toMatchObject({ phase: "stopped", samples: [9] });
  expect(await piecesOf("ada", "grace")).toEqual([]);
  expect(await piecesOf("ada", "joan")).toHaveLength(1);
});
