import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compress } from "./build/compress.ts";
import { inConversation } from "./build/conversation.ts";
import { emoji } from "./build/emoji.ts";
import { precache } from "./build/precache.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** The server to which the development server passes requests on. */
const backend = process.env.BACKCHANNEL_SERVER ?? "http://localhost:3000";

export default defineConfig({
  plugins: [react(), emoji(), precache(), compress()],
  resolve: {
    alias: {
      "backchannel-client": here("../sdk/typescript/src/index.ts"),
      "@fontsource-variable": here("node_modules/@fontsource-variable"),
    },
  },
  server: {
    fs: { allow: [here("."), here("../sdk/typescript")] },
    proxy: { "/v1": { target: backend, ws: true }, "/docs": backend },
  },
  build: {
    outDir: here("../src/backchannel/dialects/web_client/built"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    rolldownOptions: {
      input: { index: here("index.html"), sw: here("src/sw.ts") },
      output: {
        // Browsers request the service worker at the same address forever.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // Modules of the first page are in one file, which compresses better.
        codeSplitting: {
          groups: [
            { name: "main", tags: ["$initial"], test: /^(?!.*\/src\/sw\.ts)/, priority: 1 },
            { name: inConversation() },
          ],
        },
      },
    },
  },
});
