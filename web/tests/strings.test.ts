import { describe, expect, it } from "vitest";
import { ar } from "../src/strings/ar";
import { de } from "../src/strings/de";
import { en } from "../src/strings/en";

describe("languages", () => {
  it.each([de, ar])("have the same texts, none of them empty", (strings) => {
    expect(Object.keys(strings).sort()).toEqual(Object.keys(en).sort());
    for (const [name, text] of Object.entries(strings)) expect(text, name).not.toBe("");
  });

  it("count in Arabic as Arabic does", () => {
    const counts = [1, 2, 5, 11].map((count) => ar.newMessages(count));
    expect(counts).toEqual(["رسالة جديدة", "رسالتان جديدتان", "5 رسائل جديدة", "11 رسالة جديدة"]);
  });
});
