import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { emoji } from "./build/emoji.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const sdk = here("../sdk/typescript");

export default defineConfig({
  plugins: [emoji()],
  resolve: {
    alias: {
      "backchannel-client": `${sdk}/src/index.ts`,
      // The SDK's tests lie outside of this folder, and use what is installed in it.
      "fake-indexeddb/auto": here("node_modules/fake-indexeddb/auto/index.mjs"),
    },
  },
  server: { fs: { allow: ["..", sdk] } },
  test: {
    include: ["tests/**/*.test.{ts,tsx}", `${sdk}/tests/**/*.test.ts`],
    environment: "happy-dom",
    restoreMocks: true,
    testTimeout: 60_000, // milliseconds, for a busy machine
    hookTimeout: 60_000,
  },
});
