// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  afterClose,
  type Checkpoint,
  type Effect,
  Follower,
  isTransient,
  type ServerFrame,
} from "../src/index.ts";
import { frameOf } from "../src/sending.ts";

function vectors<Shape>(name: string): Shape {
  const file = new URL(`../../vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Shape;
}

interface Step {
  readonly now: number;
  readonly receive?: ServerFrame;
  readonly tick?: boolean;
  readonly connected?: boolean;
  readonly restored?: Checkpoint;
  readonly stored?: number;
  readonly effects: readonly unknown[];
  readonly deadline?: number | null;
  readonly confirm?: number | null;
}

interface Scenario {
  readonly name: string;
  readonly checkpoint: Checkpoint | null;
  readonly steps: readonly Step[];
}

describe("the follower", () => {
  it.each(vectors<{ scenarios: Scenario[] }>("follower").scenarios)("$name", (scenario) => {
    const follower = new Follower(scenario.checkpoint);
    for (const step of scenario.steps) {
      expect(take(follower, step).map(plain)).toEqual(step.effects);
      if (step.deadline !== undefined) expect(follower.deadline).toBe(step.deadline);
      if (step.confirm !== undefined) expect(follower.confirm()).toBe(step.confirm);
    }
  });
});

describe("closing", () => {
  const { cases } = vectors<{
    cases: { code: number; reason: string; expected: ReturnType<typeof afterClose> }[];
  }>("closing");
  it.each(cases)("$code $reason", ({ code, reason, expected }) => {
    expect(afterClose(code, reason)).toEqual(expected);
  });
});

describe("the outbox", () => {
  const { frames, refusals } = vectors<{
    frames: { item: Parameters<typeof frameOf>[0]; frame: unknown }[];
    refusals: { code: string; transient: boolean }[];
  }>("outbox");
  it.each(frames)("sends $item.client_id", ({ item, frame }) => {
    expect(frameOf(item)).toEqual(frame);
  });
  it.each(refusals)("$code is temporary: $transient", ({ code, transient }) => {
    expect(isTransient(code)).toBe(transient);
  });
});

function take(follower: Follower, step: Step): Effect[] {
  if (step.receive) return follower.receive(step.receive, step.now);
  if (step.restored) return follower.restored(step.restored);
  if (step.tick) return follower.tick(step.now);
  if (step.connected) follower.connected();
  if (step.stored !== undefined) follower.stored(step.stored);
  return [];
}

function plain(effect: Effect): unknown {
  if (effect.do !== "apply") return effect;
  const positions = effect.events.map((event) => event.position);
  return { do: "apply", positions, checkpoint: effect.checkpoint };
}
