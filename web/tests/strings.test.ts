import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ar } from "../src/strings/ar";
import { settings as arSettings } from "../src/strings/ar/settings";
import { de } from "../src/strings/de";
import { settings as deSettings } from "../src/strings/de/settings";
import { en } from "../src/strings/en";
import { settings as enSettings } from "../src/strings/en/settings";

const all = { ...en, ...enSettings };

describe("languages", () => {
  it.each([
    { ...de, ...deSettings },
    { ...ar, ...arSettings },
  ])("have the same texts, none of them empty", (strings) => {
    expect(Object.keys(strings).sort()).toEqual(Object.keys(all).sort());
    for (const [name, text] of Object.entries(strings)) expect(text, name).not.toBe("");
  });

  it("have each text once", () => {
    expect(Object.keys(enSettings).filter((name) => name in en)).toEqual([]);
  });

  it("have no text that is never shown", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" });
    const sources = files
      .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("strings/"))
      .map((name) => readFileSync(`src/${name}`, "utf8"))
      .join("\n");
    const isShown = (name: string) =>
      new RegExp(`\\bt\\.${name}\\b|"${name}"|\\b${name}\\b.*\\} = t;`).test(sources);
    expect(Object.keys(all).filter((name) => !isShown(name))).toEqual([]);
  });

  it("use the plural forms of Arabic", () => {
    const counts = [1, 2, 5, 11].map((count) => ar.newMessages(count));
    expect(counts).toEqual(["رسالة جديدة", "رسالتان جديدتان", "5 رسائل جديدة", "11 رسالة جديدة"]);
  });
});
