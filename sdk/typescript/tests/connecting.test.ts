// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { AT, Device, issuedTokens, profile, settle, underFakeTime } from "./device.ts";

underFakeTime();

describe("connecting", () => {
  it("sends a hello with its token and its checkpoint", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.socket.accept();
    expect(device.server.socket.sent).toEqual([{ type: "hello", token: "first", ...AT }]);
  });

  it("fetches its state first on a new device", async () => {
    const device = new Device();
    await device.start(null);
    device.server.welcome(9);
    await settle();
    expect(device.resets).toEqual(["new_device"]);
    expect(device.checkpoint).toEqual({ epoch: "e", position: 9 });
    expect(device.server.socket.of("ack")).toEqual([{ type: "ack", position: 9 }]);
  });

  it("reconnects after a cut, and continues from its checkpoint", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    device.server.socket.push(profile(5));
    device.server.socket.close(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    device.server.socket.accept();
    expect(device.server.sockets).toHaveLength(2);
    expect(device.server.socket.sent[0]).toMatchObject({ type: "hello", position: 5 });
  });

  it("waits longer after each failure, up to 30 seconds", async () => {
    const device = new Device();
    await device.start(AT);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const before = Date.now();
      device.server.socket.close(1006);
      while (device.server.sockets.length === attempt + 1) await vi.advanceTimersByTimeAsync(50);
      waits.push(Date.now() - before);
    }
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(15_000);
    expect(waits.at(-1)).toBeLessThanOrEqual(30_100);
  });

  it("renews its token when the server says that it has expired", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    device.server.socket.close(4002);
    await vi.advanceTimersByTimeAsync(1_000);
    device.server.socket.accept();
    expect(device.server.socket.sent[0]).toMatchObject({ type: "hello", token: "fresh" });
  });

  it("renews its token in time without reconnecting", async () => {
    const device = new Device();
    await device.start(AT);
    device.client.tokens.adopt({ ...issuedTokens("short", 2), login_id: "m" });
    device.server.welcome(4);
    const beat = setInterval(
      () => device.server.socket.push({ type: "heartbeat", position: 4 }),
      20_000,
    );
    await vi.advanceTimersByTimeAsync(80_000);
    clearInterval(beat);
    expect(device.server.socket.of("renew")).toEqual([{ type: "renew", token: "fresh" }]);
    expect(device.server.sockets).toHaveLength(1);
  });

  it("stops when the login has ended", async () => {
    const device = new Device();
    const loggedOut = vi.fn();
    device.client.on("loggedOut", loggedOut);
    await device.start(AT);
    device.server.welcome(4);
    device.server.socket.close(4001);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(loggedOut).toHaveBeenCalledOnce();
    expect(device.server.sockets).toHaveLength(1);
  });

  it("ends no other login when it is refused after it was stopped", async () => {
    const device = new Device();
    const loggedOut = vi.fn();
    device.client.on("loggedOut", loggedOut);
    await device.start(AT);
    device.server.welcome(4);
    let refuse = (_: Response) => {};
    device.fetched.mockReturnValueOnce(new Promise((resolve) => (refuse = resolve)));
    device.server.socket.close(4002);
    await vi.waitFor(() => expect(device.fetched).toHaveBeenCalled(), 60_000);
    device.client.disconnect();
    device.client.tokens.adopt({ ...issuedTokens("another"), login_id: "m" });
    refuse(Response.json({ code: "unauthenticated", detail: "ended" }, { status: 401 }));
    await settle();
    expect(loggedOut).not.toHaveBeenCalled();
    expect(device.client.tokens.current?.access_token).toBe("another");
  });

  it("does not wait for a network that is known to be lost", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    device.client.networkLost();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(device.server.sockets).toHaveLength(2);
  });

  it("treats a silent connection as lost", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    await vi.advanceTimersByTimeAsync(47_000);
    expect(device.server.sockets).toHaveLength(2);
  });
});

function acknowledged(device: Device): number[] {
  return device.server.socket.of("ack").map((frame) => frame.position);
}

describe("acknowledging", () => {
  it("acknowledges stored events after a second, in one frame", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    for (const position of [5, 6, 7]) device.server.socket.push(profile(position));
    await vi.advanceTimersByTimeAsync(1_100);
    expect(acknowledged(device)).toEqual([4, 7]);
  });

  it("acknowledges again on each connection, as the last frame may be lost", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    device.server.socket.push(profile(5));
    await vi.advanceTimersByTimeAsync(1_100);
    device.server.socket.close(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    device.server.welcome(5);
    expect(acknowledged(device)).toEqual([5]);
  });

  it("acknowledges every 200 events without waiting", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    for (let position = 5; position <= 204; position++)
      device.server.socket.push(profile(position));
    await settle();
    expect(acknowledged(device)).toEqual([4, 204]);
  });

  it("requests the log if an event is missing", async () => {
    const device = new Device();
    await device.start(AT);
    device.server.welcome(4);
    device.server.socket.push(profile(6));
    await vi.advanceTimersByTimeAsync(600);
    expect(device.server.socket.of("sync")).toEqual([{ type: "sync", ...AT }]);
  });
});

describe("requests", () => {
  it("renew a token that is no longer valid, once", async () => {
    const device = new Device();
    device.client.tokens.adopt(issuedTokens("stale"));
    device.fetched.mockImplementation(async (url: string | URL | Request, init?: RequestInit) => {
      if (String(url).endsWith("/v1/refresh")) return Response.json(issuedTokens("fresh"));
      const held = new Headers(init?.headers).get("authorization");
      return held === "Bearer fresh"
        ? Response.json({ username: "ada" })
        : Response.json({ code: "token_expired", detail: "expired" }, { status: 401 });
    });
    expect(await device.client.api.me()).toEqual({ username: "ada" });
    expect(device.fetched).toHaveBeenCalledTimes(3);
  });

  it("report the invalid field and when to try again", async () => {
    const device = new Device();
    device.client.tokens.adopt(issuedTokens("first"));
    const problem = { code: "throttled", detail: "slow down", field: "body", retry_after: 2 };
    device.fetched.mockResolvedValue(Response.json(problem, { status: 429 }));
    await expect(device.client.api.me()).rejects.toMatchObject({
      status: 429,
      code: "throttled",
      field: "body",
      retryAfter: 2,
      transient: true,
    });
  });
});
