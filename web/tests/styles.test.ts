import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const FOLDER = "src/styles";
/** Sides of the screen, which are the wrong ones from right to left. */
const SIDES = /(?:^|-)(?:left|right)\s*:/;
const FOUR_SIDES = /^(?:padding|margin|inset):((?: [^\s()]+){4});$/;
/** The crop of a picture is a place on the screen in each direction. */
const ON_THE_SCREEN = ["crop.css: left: 50%;"];

it("W15: names sides of the text, not of the screen", () => {
  const wrong: string[] = [];
  for (const name of readdirSync(FOLDER)) {
    for (const line of readFileSync(`${FOLDER}/${name}`, "utf8").split("\n")) {
      const rule = line.trim();
      const [, right, , left] = FOUR_SIDES.exec(rule)?.[1]?.trim().split(" ") ?? [];
      if (SIDES.test(rule) || right !== left) wrong.push(`${name}: ${rule}`);
    }
  }
  expect(wrong).toEqual(ON_THE_SCREEN);
});
