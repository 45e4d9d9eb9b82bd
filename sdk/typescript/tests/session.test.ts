// @vitest-environment node
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { BackchannelClient, type Session } from "../src/index.ts";
import { AT, Device, session, underFakeTime } from "./device.ts";

underFakeTime();

const HOUR = 3_600_000;

describe("a token", () => {
  it.each([
    ["ahead", HOUR],
    ["behind", -HOUR],
  ])("is renewed in time by a clock that is an hour %s", async (_, wrong) => {
    const device = new Device();
    const issued = session("first");
    vi.setSystemTime(Date.now() + wrong);
    device.client.session.adopt(issued);
    expect(await device.client.session.token()).toBe("first");
    await vi.advanceTimersByTimeAsync(HOUR - 70_000);
    expect(await device.client.session.token()).toBe("first");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await device.client.session.token()).toBe("fresh");
    expect(device.fetched).toHaveBeenCalledOnce();
  });

  it("does not renew in a loop where its life is shorter than a minute", async () => {
    const device = new Device();
    device.fetched.mockImplementation(async () => Response.json(session("fresh", 0.5)));
    await device.start(AT);
    device.client.session.adopt({ ...session("short", 0.5), login_id: "m" });
    device.server.welcome(4);
    await vi.advanceTimersByTimeAsync(14_000);
  });
});

/** A tab of a browser: a client that shares its login with the others. */
function tab(name: string, locks: { queue: Promise<unknown> }, refresh: () => Promise<Session>) {
  const client = new BackchannelClient({
    server: "http://chat.example",
    fetch: (async () => Response.json(await refresh())) as unknown as typeof fetch,
    alone: (work) => {
      const done = locks.queue.then(work);
      locks.queue = done.catch(() => {});
      return done;
    },
  });
  const channel = new BroadcastChannel(name);
  client.on("session", (each) => each && channel.postMessage(each));
  channel.onmessage = ({ data }) => client.session.adopt(data as Session);
  onTestFinished(() => channel.close());
  return { client };
}

describe("several tabs", () => {
  it("use a refresh token once, and all have what it brought", async () => {
    vi.useRealTimers();
    const old = session("old", 0);
    const refresh = vi.fn(async () => session("fresh"));
    const locks = { queue: Promise.resolve() as Promise<unknown> };
    const tabs = ["one", "two", "three"].map(() => tab("login", locks, refresh));
    for (const { client } of tabs) client.session.adopt(old);
    // Each waits for the lock while the one before it renews and tells.
    const tokens: string[] = [];
    for (const { client } of tabs) {
      tokens.push(await client.session.token());
      await vi.waitFor(() => {
        for (const each of tabs) expect(each.client.session.current?.access_token).toBe("fresh");
      });
    }
    expect(tokens).toEqual(["fresh", "fresh", "fresh"]);
    expect(refresh).toHaveBeenCalledOnce();
  });

  it("do not renew what another has renewed while they waited", async () => {
    let free = () => {};
    const lock = new Promise<void>((resolve) => (free = resolve));
    const fetched = vi.fn();
    const client = new BackchannelClient({
      server: "http://chat.example",
      fetch: fetched as unknown as typeof fetch,
      alone: (work) => lock.then(work),
    });
    client.session.adopt(session("old", 0));
    const token = client.session.token();
    client.session.adopt(session("from another tab"));
    free();
    expect(await token).toBe("from another tab");
    expect(fetched).not.toHaveBeenCalled();
  });
});
