// @vitest-environment node
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

/** Compressed bytes of the first page, and with everything for a conversation. */
const FIRST = 112_000;
const WITH_CONVERSATION = 125_000;
const STYLE = 14_000;
const CHUNK = 35_000;

const built = new URL("../../src/backchannel/dialects/web_client/built/", import.meta.url);

/** Measures the files that `make build-web` has built, which browsers load. */
it.runIf(existsSync(built))("loads little at first, and less later", () => {
  const page = readFileSync(new URL("index.html", built), "utf8");
  const folder = new URL("assets/", built);
  const size = { first: 0, style: 0, conversation: 0 };
  for (const name of readdirSync(fileURLToPath(folder))) {
    if (!/\.(js|css)$/.test(name)) continue;
    const bytes = gzipSync(readFileSync(new URL(name, folder))).length;
    if (!page.includes(name)) expect(bytes, name).toBeLessThanOrEqual(CHUNK);
    if (page.includes(name)) size[name.endsWith(".js") ? "first" : "style"] += bytes;
    else if (/^conversation-(?!menu-).*\.js$/.test(name)) size.conversation += bytes;
  }
  expect(size.first).toBeGreaterThan(0);
  expect(size.first).toBeLessThanOrEqual(FIRST);
  expect(size.conversation).toBeGreaterThan(0);
  expect(size.first + size.conversation).toBeLessThanOrEqual(WITH_CONVERSATION);
  expect(size.style).toBeLessThanOrEqual(STYLE);
});
