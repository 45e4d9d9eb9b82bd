/** Adds the list of files of this version to the service worker. */

import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "vite";

const WORKER = "sw.js";
const INDEX = "index.html";

export function precache(): Plugin {
  let root = "";
  return {
    name: "precache",
    apply: "build",
    configResolved({ publicDir }) {
      root = publicDir;
    },
    async writeBundle({ dir: folder = "" }, bundle) {
      const names = [...Object.keys(bundle), ...(await readdir(root))].sort();
      const hash = createHash("sha256");
      const files: string[] = [];
      for (const name of names.filter((each) => each !== WORKER)) {
        const from = name in bundle ? folder : root;
        hash.update(`${name}\0`).update(await readFile(join(from, name)));
        files.push(name === INDEX ? "/" : `/${name}`);
      }
      const path = join(folder, WORKER);
      const worker = await readFile(path, "utf8");
      const version = JSON.stringify(hash.digest("hex").slice(0, 16));
      await writeFile(
        path,
        worker.replaceAll("__VERSION__", version).replaceAll("__FILES__", JSON.stringify(files)),
      );
    },
  };
}
