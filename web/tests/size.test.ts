// @vitest-environment node
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

/** Bytes, compressed. */
const SCRIPT = 125_000;
const STYLE = 14_500;
const CHUNK = 35_000;

const built = new URL("../../src/backchannel/dialects/web_client/built/", import.meta.url);

/** Over what `make build-web` has built, which is what browsers load. */
it.runIf(existsSync(built))("loads little at first, and less later", () => {
  const page = readFileSync(new URL("index.html", built), "utf8");
  const folder = new URL("assets/", built);
  const first = { js: 0, css: 0 };
  for (const name of readdirSync(fileURLToPath(folder))) {
    const kind = /\.(js|css)$/.exec(name)?.[1] as keyof typeof first | undefined;
    if (!kind) continue;
    const size = gzipSync(readFileSync(new URL(name, folder))).length;
    if (page.includes(name)) first[kind] += size;
    else expect(size, name).toBeLessThanOrEqual(CHUNK);
  }
  expect(first.js).toBeGreaterThan(0);
  expect(first.js).toBeLessThanOrEqual(SCRIPT);
  expect(first.css).toBeLessThanOrEqual(STYLE);
});
