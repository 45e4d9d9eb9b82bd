// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type ApiError, BackchannelClient } from "../src/index.ts";
import { issuedTokens, underFakeTime } from "./device.ts";

underFakeTime();

const SIZE = 1_000_000;
const FILE = new Blob([new Uint8Array(SIZE).map((_, index) => index % 251)], {
  type: "image/png",
});

/** A tus server whose connections break as the test wants. */
class TusServer {
  readonly uploads = new Map<string, Uint8Array[]>();
  readonly methods: string[] = [];
  metadata = "";
  /** The outcomes of the next requests: bytes that arrive before a cut, or a response. */
  faults: (number | Response | "lost")[] = [];

  readonly fetch = async (url: string | URL | Request, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    const headers = new Headers(init.headers);
    const path = String(url).replace("http://chat.example", "");
    this.methods.push(method);
    init.signal?.throwIfAborted();
    if (path.endsWith("/info")) return Response.json({ id: path.split("/").at(-2) });
    const fault = this.faults.shift();
    if (fault instanceof Response) return fault;
    if (method === "POST") this.metadata = headers.get("upload-metadata") ?? "";
    const address = method === "POST" ? `/v1/uploads/u${this.uploads.size + 1}` : path;
    const held = this.uploads.get(address) ?? [];
    if (method === "POST") this.uploads.set(address, held);
    else if (!this.uploads.has(address)) return refusal(404, "not_found");
    if (init.body instanceof Blob) {
      if (method === "PATCH" && Number(headers.get("upload-offset")) !== this.size(address)) {
        return refusal(409, "conflict");
      }
      const sent = new Uint8Array(await init.body.arrayBuffer());
      held.push(typeof fault === "number" ? sent.slice(0, fault) : sent);
    }
    if (fault !== undefined) throw new TypeError("the connection was cut");
    const told = { location: address, "upload-offset": String(this.size(address)) };
    return new Response(null, { status: method === "POST" ? 201 : 204, headers: told });
  };

  size(address: string): number {
    return (this.uploads.get(address) ?? []).reduce((sum, each) => sum + each.length, 0);
  }

  async holds(address: string, file: Blob): Promise<boolean> {
    const held = Buffer.concat(this.uploads.get(address) ?? []);
    return held.equals(Buffer.from(await file.arrayBuffer()));
  }
}

function refusal(status: number, code: string): Response {
  return Response.json({ status, code, detail: code }, { status });
}

describe("test_W8 uploading", () => {
  let server: TusServer;
  let client: BackchannelClient;

  beforeEach(() => {
    server = new TusServer();
    client = new BackchannelClient({
      server: "http://chat.example",
      fetch: server.fetch as typeof fetch,
      random: () => 0.5,
    });
    client.tokens.adopt(issuedTokens("token"));
  });

  it("sends a file in pieces and reports progress", async () => {
    const progress: number[] = [];
    const info = await client.upload(FILE, "Käse.png", {
      metadata: { album: "AAA" },
      waveform: new Uint8Array([0, 128, 255]),
      onProgress: (bytes) => progress.push(bytes),
    });
    expect(info.id).toBe("u1");
    expect(await server.holds("/v1/uploads/u1", FILE)).toBe(true);
    expect(progress).toEqual([262_144, 786_432, SIZE]);
    expect(server.metadata).toBe(
      "filename S8Okc2UucG5n,filetype aW1hZ2UvcG5n,album QUFB,waveform AID/",
    );
  });

  it("does not repeat bytes that arrived before a cut", async () => {
    server.faults = [new Response(null, { status: 503 }), 100_000, "lost", 70_000];
    const sending = client.upload(FILE, "a.png");
    await vi.advanceTimersByTimeAsync(60_000);
    const { id } = await sending;
    expect(await server.holds(`/v1/uploads/${id}`, FILE)).toBe(true);
  });

  it("asks for the offset after a cut in the middle, and continues from there", async () => {
    let address = "";
    const begun = client.upload(FILE, "a.png", { onBegun: (told) => (address = told) });
    await begun;
    server.uploads.set(address, [new Uint8Array(await FILE.slice(0, 300_000).arrayBuffer())]);
    server.methods.length = 0;
    server.faults = [
      new Response(null, { status: 204, headers: { "upload-offset": "300000" } }),
      5,
    ];
    const resumed = client.upload(FILE, "a.png", { address });
    await vi.advanceTimersByTimeAsync(60_000);
    await resumed;
    expect(server.methods).toEqual(["HEAD", "PATCH", "HEAD", "PATCH", "GET"]);
    expect(await server.holds(address, FILE)).toBe(true);
  });

  it("starts again if the server has dropped the upload", async () => {
    const info = await client.upload(FILE, "a.png", { address: "/v1/uploads/gone" });
    expect(info.id).toBe("u1");
    expect(await server.holds("/v1/uploads/u1", FILE)).toBe(true);
  });

  it("reports the reason for a refusal, and does not try again", async () => {
    server.faults = [refusal(415, "unsupported_file")];
    await expect(client.upload(FILE, "a.png")).rejects.toMatchObject({
      status: 415,
      code: "unsupported_file",
    } satisfies Partial<ApiError>);
    expect(server.methods).toEqual(["POST"]);
  });

  it("gives up on a server that contradicts itself", async () => {
    server.faults = Array.from({ length: 40 }, () => refusal(409, "conflict"));
    await expect(client.upload(FILE, "a.png")).rejects.toMatchObject({ status: 409 });
  });

  it("ends when it is cancelled, while it waits too", async () => {
    const cancelling = new AbortController();
    server.faults = ["lost", "lost", "lost", "lost"];
    const sending = client.upload(FILE, "a.png", { signal: cancelling.signal });
    sending.catch(() => {});
    await vi.advanceTimersByTimeAsync(10);
    cancelling.abort(new Error("cancelled"));
    await expect(sending).rejects.toThrow("cancelled");
    const asked = server.methods.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.methods).toHaveLength(asked);
  });

  it("stops waiting once the network is back", async () => {
    server.faults = ["lost"];
    const sending = client.upload(FILE, "a.png");
    await vi.advanceTimersByTimeAsync(10);
    client.retryNow();
    expect((await sending).id).toBe("u2");
  });
});
