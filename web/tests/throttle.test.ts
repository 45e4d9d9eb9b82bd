import { expect, it, vi } from "vitest";
import { throttled } from "../src/state/throttle";

it("begins at once, and then at most once in the pause", async () => {
  vi.useFakeTimers();
  const begun: number[] = [];
  const work = throttled(32, async () => void begun.push(performance.now()));
  const from = performance.now();
  await work();
  const second = work();
  await vi.advanceTimersByTimeAsync(31);
  expect(begun).toEqual([from]);
  await vi.advanceTimersByTimeAsync(1);
  await second;
  expect(begun).toEqual([from, from + 32]);
  vi.useRealTimers();
});
