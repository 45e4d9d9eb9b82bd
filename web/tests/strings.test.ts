import { describe, expect, it } from "vitest";
import { de } from "../src/strings/de";
import { en } from "../src/strings/en";

describe("languages", () => {
  it("have the same texts, none of them empty", () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    for (const [name, text] of Object.entries(de)) expect(text, name).not.toBe("");
  });
});
