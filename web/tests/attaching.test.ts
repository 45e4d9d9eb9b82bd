import type { FileInfo, ServerConfig } from "backchannel-client";
import { expect, it } from "vitest";
import { emptyDraft } from "../src/state/schema";
import { getState, setState } from "../src/state/store";
import { attach } from "../src/state/uploads";

const files = (count: number) => Array.from({ length: count }, (_, at) => new File([], `${at}`));
const problems = () =>
  Object.values(getState().uploads)
    .sort((one, other) => one.began - other.began)
    .flatMap(({ file, problem }) => (problem ? `${file.name}: ${problem}` : []));

it("W8: accepts no more files than a message may have", async () => {
  const held = { ...emptyDraft("grace"), files: [{ id: "f1" } as FileInfo] };
  const config = { files_per_message: 10 } as ServerConfig;
  setState({ config, drafts: { grace: held }, uploads: {} });
  expect(await attach("grace", files(4))).toBe(true);
  expect(await attach("grace", files(7))).toBe(false);
  expect(problems()).toEqual([
    "5: A message has at most 10 files",
    "6: A message has at most 10 files",
  ]);
  expect(await attach("linus", files(10))).toBe(true);
});
