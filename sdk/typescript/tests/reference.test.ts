// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

const reference = read("../REFERENCE.md");
/** Every name that the reference describes: the first column of its tables. */
const described = [...reference.matchAll(/^\| `(\w+)/gm)].map((match) => match[1]);

/** The public members of a class, from its source, as only that shows which are public. */
function members(source: string, name: string): string[] {
  const body = source.slice(source.indexOf(`class ${name} `)).split("\n}\n")[0] ?? "";
  const found = body.matchAll(/^ {2}(?:readonly |async |get )?([a-z]\w*)(?:[(:<]| =)/gm);
  return [...found].map((match) => match[1] ?? "").filter((each) => each !== "constructor");
}

describe("the reference", () => {
  it("describes every export, and nothing else", () => {
    const index = read("../src/index.ts").replace(/\bfrom ".*?"|\b(export|type)\b/g, "");
    const exported = [...index.matchAll(/\w+/g)].map((match) => match[0]);
    const types = described.filter((name) => /^[A-Z]/.test(name ?? ""));
    const functions = ["afterClose", "isTransient"];
    expect([...types, ...functions].sort()).toEqual(exported.sort());
    for (const name of functions) expect(described).toContain(name);
  });

  it.each([
    ["BackchannelClient", "client"],
    ["TokenManager", "tokens"],
    ["Api", "api"],
    ["Journal", "journal"],
    ["Follower", "follower"],
  ])("describes each member of %s", (name, file) => {
    for (const each of members(read(`../src/${file}.ts`), name)) {
      expect(described, `${name}.${each}`).toContain(each);
    }
  });
});
