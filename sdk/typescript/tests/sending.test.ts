// @vitest-environment node
import "fake-indexeddb/auto";
import { describe, expect, it, vi } from "vitest";
import { BackchannelClient, IndexedDbOutbox, MemoryOutbox } from "../src/index.ts";
import { AT, ack, Device, own, settle, underFakeTime } from "./device.ts";

underFakeTime();

describe("sending", () => {
  it("test_W2 stores a message before it is sent", async () => {
    const device = new Device();
    let keep = () => {};
    const store = new MemoryOutbox();
    vi.spyOn(store, "put").mockReturnValueOnce(new Promise<void>((resolve) => (keep = resolve)));
    await device.start(AT, store);
    device.server.welcome(4);
    const sending = device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    await settle();
    const before = device.server.socket.of("send").length;
    keep();
    await sending;
    expect(before).toBe(0);
    expect(device.server.socket.of("send")).toHaveLength(1);
  });

  it("test_W2 neither stores nor sends a message that the store refuses", async () => {
    const device = new Device();
    const store = new MemoryOutbox();
    vi.spyOn(store, "put").mockRejectedValueOnce(new Error("the disk is full"));
    await device.start(AT, store);
    device.server.welcome(4);
    const seen: string[][] = [];
    device.client.on("outbox", (items) => seen.push(items.map((each) => each.body)));
    await expect(device.client.send({ to: "grace", body: "Lost" })).rejects.toThrow("disk is full");
    await device.client.send({ to: "grace", body: "Kept" });
    expect(device.server.socket.of("send").map((frame) => frame.body)).toEqual(["Kept"]);
    expect(seen).toEqual([["Lost"], [], ["Kept"]]);
  });

  it("test_W2 sends again with the same key after a cut, and stores the answer once", async () => {
    const device = new Device();
    const store = new MemoryOutbox();
    await device.start(AT, store);
    device.server.welcome(4);
    await device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    device.server.socket.close(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    device.server.welcome(5);
    device.server.socket.push({ type: "sync", events: [own(5, "k1")], position: 5, more: false });
    device.server.socket.push(ack("k1", null));
    await settle();
    expect(device.server.socket.of("send")).toEqual([
      { type: "send", client_id: "k1", to: "grace", body: "Hi" },
    ]);
    expect(new Set(device.applied.map((event) => (event.data as { seq: number }).seq)).size).toBe(
      1,
    );
    expect(await store.all()).toEqual([]);
  });

  it("test_W2 neither sends nor keeps a message that is discarded while it is stored", async () => {
    const device = new Device();
    const store = new MemoryOutbox();
    let keep = () => {};
    const put = store.put.bind(store);
    vi.spyOn(store, "put").mockImplementationOnce(async (item) => {
      await new Promise<void>((resolve) => (keep = resolve));
      await put(item);
    });
    await device.start(AT, store);
    device.server.welcome(4);
    const sending = device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    await device.client.discard("k1");
    keep();
    await sending;
    expect(device.server.socket.of("send")).toEqual([]);
    expect(await store.all()).toEqual([]);
  });

  it("test_W2 does not restore a message that was discarded while the outbox was read", async () => {
    const device = new Device();
    const store = new MemoryOutbox();
    await device.start(AT, store);
    await device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    const older = await store.all();
    let answer = (_: typeof older) => {};
    vi.spyOn(store, "all").mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const reading = device.client.reloadOutbox();
    await device.client.discard("k1");
    answer(older);
    await reading;
    device.server.welcome(4);
    expect(device.server.socket.of("send")).toEqual([]);
  });

  it("test_W2 keeps a message that is being stored while the outbox is read", async () => {
    const device = new Device();
    const store = new MemoryOutbox();
    let keep = () => {};
    vi.spyOn(store, "put").mockReturnValueOnce(new Promise<void>((resolve) => (keep = resolve)));
    await device.start(AT, store);
    device.server.welcome(4);
    const sending = device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    await device.client.reloadOutbox();
    keep();
    await sending;
    expect(device.server.socket.of("send")).toHaveLength(1);
  });

  it("counts the acknowledgement as the message's event", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    await device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    device.server.socket.push(ack("k1", 5));
    await settle();
    expect(device.checkpoint).toEqual({ epoch: "e", position: 5 });
    expect(device.applied).toMatchObject([{ kind: "message", data: { body: "Hi", seq: 7 } }]);
    expect(device.client.tokens.current?.access_token).toBe("first");
  });

  it("test_W2 survives a reload in IndexedDB, in order", async () => {
    vi.useRealTimers();
    const first = new IndexedDbOutbox("reload");
    const before = new BackchannelClient({ server: "http://chat.example" });
    await before.keepOutbox(first);
    for (const body of ["one", "two", "three"]) await before.send({ to: "grace", body });
    await first.close();
    const after = new BackchannelClient({ server: "http://chat.example" });
    const seen: string[][] = [];
    after.on("outbox", (items) => seen.push(items.map((item) => item.body)));
    await after.keepOutbox(new IndexedDbOutbox("reload"));
    expect(seen.at(-1)).toEqual(["one", "two", "three"]);
  });

  it("waits as long as the server asks, then sends again", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    await device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    device.server.socket.push({
      type: "error",
      title: "Too Many Requests",
      status: 429,
      code: "throttled",
      detail: "slow down",
      client_id: "k1",
      retry_after: 3,
    });
    await vi.advanceTimersByTimeAsync(2_900);
    expect(device.server.socket.of("send")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(device.server.socket.of("send")).toHaveLength(2);
  });

  it("keeps a refused message, to be retried or discarded", async () => {
    const device = new Device();
    const store = new MemoryOutbox();
    await device.start(AT, store);
    device.server.welcome(4);
    await device.client.send({ to: "grace", body: "Hi", clientId: "k1" });
    const refusal = {
      type: "error",
      title: "Forbidden",
      status: 403,
      code: "blocked",
      detail: "no",
      client_id: "k1",
    } as const;
    device.server.socket.push(refusal);
    await settle();
    expect(await store.all()).toMatchObject([{ failed: { code: "blocked" } }]);
    await device.client.retry("k1");
    expect(device.server.socket.of("send")).toHaveLength(2);
    await device.client.discard("k1");
    expect(await store.all()).toEqual([]);
  });
});
