// @vitest-environment node
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { expect, it, onTestFinished } from "vitest";

/** Globals that only pages have, and others that React Native lacks. */
const MISSING = [
  ...["window", "document", "location", "navigator", "localStorage", "indexedDB"],
  ...["BroadcastChannel", "crypto", "WebSocket", "EventTarget", "URL", "URLSearchParams"],
];

const PROGRAM = `
new Response(new Headers()); // Node creates these with globals that are removed below
for (const name of ${JSON.stringify(MISSING)}) {
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
}
const { BackchannelClient } = await import(process.argv[1]);
let greeted;
const greeting = new Promise((resolve) => (greeted = resolve));
const client = new BackchannelClient({
  server: "http://chat.example",
  fetch: async () => new Response(JSON.stringify({ access_token: "t", expires_in: 3600 })),
  open: () => {
    const socket = { readyState: 1, send: (text) => greeted(JSON.parse(text)), close() {} };
    queueMicrotask(() => socket.onopen());
    return socket;
  },
});
await client.login("ada", "a password");
await client.api.users("gr ace");
const { client_id } = await client.send({ to: "grace", body: "Hi" });
client.connect(null, { apply: async () => {}, reset: async () => {} });
console.log(JSON.stringify({ client_id, hello: await greeting }));
process.exit();
`;

it("needs nothing that only browsers have", async () => {
  const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, lib: { entry, formats: ["es"] } },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  if (!bundle || !("output" in bundle)) throw new Error("nothing was built");
  const folder = mkdtempSync(join(tmpdir(), "backchannel-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "client.mjs");
  writeFileSync(file, bundle.output[0].code);
  const program = ["--input-type=module", "--eval", PROGRAM, file];
  const said = JSON.parse(execFileSync(process.execPath, program, { encoding: "utf8" }));
  expect(said.hello).toEqual({ type: "hello", token: "t" });
  expect(said.client_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
});
