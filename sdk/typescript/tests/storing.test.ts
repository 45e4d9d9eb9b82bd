// @vitest-environment node
import "fake-indexeddb/auto";
import { describe, expect, it, vi } from "vitest";
import {
  BackchannelClient,
  type Checkpoint,
  IndexedDbOutbox,
  type LogEvent,
  MemoryOutbox,
  type OutboxStore,
  type Outgoing,
} from "../src/index.ts";
import { AT, Device, issuedTokens, profile, settle, underFakeTime } from "./device.ts";

describe("a sink that fails", () => {
  underFakeTime();

  it("gets the same events again, after the last ones that it had stored", async () => {
    const device = new Device();
    const failed = vi.fn();
    const applied: number[] = [];
    device.client.on("storeFailed", failed);
    device.client.tokens.adopt(issuedTokens("first"));
    let broken = true;
    device.client.connect(AT, {
      apply: async (events: readonly LogEvent[], _checkpoint: Checkpoint) => {
        if (broken) throw new Error("the disk is full");
        applied.push(...events.map((event) => event.position));
      },
      reset: async () => {},
    });
    await settle();
    device.server.welcome(6);
    for (const position of [5, 6]) device.server.socket.push(profile(position));
    await settle();
    broken = false;
    await vi.advanceTimersByTimeAsync(6_000);
    device.server.socket.accept();
    expect(failed).toHaveBeenCalledOnce();
    expect(applied).toEqual([]);
    expect(device.server.socket.sent[0]).toMatchObject({ type: "hello", ...AT });
    device.server.welcome(6);
    const events = [5, 6].map(profile);
    device.server.socket.push({ type: "sync", events, position: 6, more: false });
    await settle();
    expect(applied).toEqual([5, 6]);
  });

  it("gets all events at once that arrived while it was busy", async () => {
    const device = new Device();
    const calls: number[][] = [];
    let free = () => {};
    device.client.tokens.adopt(issuedTokens("first"));
    device.client.connect(AT, {
      apply: (events) => {
        calls.push(events.map((event) => event.position));
        return new Promise((resolve) => (free = resolve));
      },
      reset: async () => {},
    });
    await settle();
    device.server.welcome(4);
    for (const position of [5, 6, 7]) device.server.socket.push(profile(position));
    await settle();
    device.server.socket.push(profile(8));
    free();
    await settle();
    expect(calls).toEqual([[5, 6, 7], [8]]);
  });

  it("does not acknowledge events that it has not stored", async () => {
    const device = new Device();
    device.client.tokens.adopt(issuedTokens("first"));
    device.client.connect(AT, { apply: () => Promise.reject(new Error()), reset: async () => {} });
    await settle();
    device.server.welcome(4);
    const { socket } = device.server;
    socket.push(profile(5));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(socket.of("ack")).toEqual([{ type: "ack", position: 4 }]);
  });
});

describe("being caught up", () => {
  underFakeTime();

  it("resolves once everything from the server is stored", async () => {
    const device = new Device();
    await device.start(AT);
    const caughtUp = vi.fn();
    void device.client.caughtUp().then(caughtUp);
    device.server.welcome(5);
    device.server.socket.push({ type: "pong", position: 5 });
    await settle();
    expect(caughtUp).not.toHaveBeenCalled();
    const events = [profile(5)];
    device.server.socket.push({ type: "sync", events, position: 5, more: false });
    await vi.advanceTimersByTimeAsync(600);
    device.server.socket.push({ type: "pong", position: 5 });
    await settle();
    expect(caughtUp).toHaveBeenCalledWith({ epoch: "e", position: 5 });
  });
});

/** A store of the application, such as a file or a native one. */
class OwnOutbox implements OutboxStore {
  private readonly lines: string[] = [];

  async all(): Promise<Outgoing[]> {
    const kept = new Map<string, Outgoing>();
    for (const line of this.lines) {
      const { id, item } = JSON.parse(line) as { id: string; item: Outgoing | null };
      if (item) kept.set(id, item);
      else kept.delete(id);
    }
    return [...kept.values()];
  }

  async put(item: Outgoing): Promise<void> {
    this.lines.push(JSON.stringify({ id: item.client_id, item }));
  }

  async remove(id: string): Promise<void> {
    this.lines.push(JSON.stringify({ id, item: null }));
  }
}

describe.each<[string, () => OutboxStore]>([
  ["memory", () => new MemoryOutbox()],
  ["IndexedDB", () => new IndexedDbOutbox("stores")],
  ["the application's", () => new OwnOutbox()],
])("an outbox in %s", (_, open) => {
  it("keeps messages in order until they are discarded", async () => {
    const client = new BackchannelClient({ server: "http://chat.example" });
    const store = open();
    await client.keepOutbox(store);
    const bodies = ["one", "two", "three"];
    const sent = await Promise.all(bodies.map((body) => client.send({ to: "grace", body })));
    expect((await store.all()).map((item) => item.body)).toEqual(bodies);
    await client.discard(sent[1]?.client_id ?? "");
    expect((await store.all()).map((item) => item.body)).toEqual(["one", "three"]);
    const last = { ...(sent[2] as Outgoing), failed: { code: "blocked", message: "no" } };
    await store.put(last);
    expect(await store.all()).toEqual([sent[0], last]);
  });
});
