// @vitest-environment node
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { BackchannelClient, type Tokens } from "../src/index.ts";
import { AT, Device, issuedTokens, underFakeTime } from "./device.ts";

underFakeTime();

const HOUR = 3_600_000;
/** Milliseconds that a busy machine may take. */
const PATIENCE = 60_000;

describe("a token", () => {
  it.each([
    ["ahead", HOUR],
    ["behind", -HOUR],
  ])("is renewed in time by a clock that is an hour %s", async (_, wrong) => {
    const device = new Device();
    const issued = issuedTokens("first");
    vi.setSystemTime(Date.now() + wrong);
    device.client.tokens.adopt(issued);
    expect(await device.client.tokens.token()).toBe("first");
    await vi.advanceTimersByTimeAsync(HOUR - 70_000);
    expect(await device.client.tokens.token()).toBe("first");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await device.client.tokens.token()).toBe("fresh");
    expect(device.fetched).toHaveBeenCalledOnce();
  });

  it("is not renewed in a loop if its life is shorter than a minute", async () => {
    const device = new Device();
    device.fetched.mockImplementation(async () => Response.json(issuedTokens("fresh", 0.5)));
    await device.start(AT);
    device.client.tokens.adopt({ ...issuedTokens("short", 0.5), login_id: "m" });
    device.server.welcome(4);
    await vi.advanceTimersByTimeAsync(14_000);
  });
});

describe("a renewal that is answered late", () => {
  /** A client that renews, and the function that lets the server answer. */
  async function renewing() {
    const device = new Device();
    let answer = (_: Response) => {};
    device.fetched.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    device.client.tokens.adopt(issuedTokens("old", 0));
    const asked = device.client.tokens.renew();
    asked.catch(() => {});
    await vi.waitFor(() => expect(device.fetched).toHaveBeenCalled(), PATIENCE);
    return { tokens: device.client.tokens, asked, answer };
  }

  it("does not log in again", async () => {
    const { tokens, asked, answer } = await renewing();
    tokens.forget();
    answer(Response.json(issuedTokens("fresh")));
    await expect(asked).rejects.toMatchObject({ status: 401 });
    expect(tokens.current).toBeNull();
  });

  it("does not end a login that has begun meanwhile", async () => {
    const { tokens, asked, answer } = await renewing();
    tokens.adopt({ ...issuedTokens("another"), login_id: "m" });
    answer(Response.json({ code: "unauthenticated", detail: "ended" }, { status: 401 }));
    await expect(asked).rejects.toMatchObject({ status: 401 });
    expect(tokens.current?.access_token).toBe("another");
  });
});

/** A tab of a browser: a client that shares its login with the others. */
function tab(name: string, locks: { queue: Promise<unknown> }, refresh: () => Promise<Tokens>) {
  const client = new BackchannelClient({
    server: "http://chat.example",
    fetch: (async () => Response.json(await refresh())) as unknown as typeof fetch,
    runExclusive: (work) => {
      const done = locks.queue.then(work);
      locks.queue = done.catch(() => {});
      return done;
    },
  });
  const channel = new BroadcastChannel(name);
  client.on("tokens", (each) => each && channel.postMessage(each));
  channel.onmessage = ({ data }) => client.tokens.adopt(data as Tokens);
  onTestFinished(() => channel.close());
  return { client };
}

describe("several tabs", () => {
  it("use a refresh token once, and all get the new tokens", async () => {
    vi.useRealTimers();
    const old = issuedTokens("old", 0);
    const refresh = vi.fn(async () => issuedTokens("fresh"));
    const locks = { queue: Promise.resolve() as Promise<unknown> };
    const tabs = ["one", "two", "three"].map(() => tab("login", locks, refresh));
    for (const { client } of tabs) client.tokens.adopt(old);
    // Each waits for the lock while the one before it renews and announces.
    const tokens: string[] = [];
    for (const { client } of tabs) {
      tokens.push(await client.tokens.token());
      await vi.waitFor(() => {
        for (const each of tabs) expect(each.client.tokens.current?.access_token).toBe("fresh");
      }, PATIENCE);
    }
    expect(tokens).toEqual(["fresh", "fresh", "fresh"]);
    expect(refresh).toHaveBeenCalledOnce();
  });

  it("do not renew a token that another has renewed while they waited", async () => {
    let free = () => {};
    const lock = new Promise<void>((resolve) => (free = resolve));
    const fetched = vi.fn();
    const client = new BackchannelClient({
      server: "http://chat.example",
      fetch: fetched as unknown as typeof fetch,
      runExclusive: (work) => lock.then(work),
    });
    client.tokens.adopt(issuedTokens("old", 0));
    const token = client.tokens.token();
    client.tokens.adopt(issuedTokens("from another tab"));
    free();
    expect(await token).toBe("from another tab");
    expect(fetched).not.toHaveBeenCalled();
  });
});
