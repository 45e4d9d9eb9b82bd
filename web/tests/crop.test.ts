import { describe, expect, it } from "vitest";
import { FIRST_VIEW, squareOf, within } from "../src/pages/crop";

describe("the square of an avatar", () => {
  it("is in the middle at first, as large as possible", () => {
    expect(squareOf(FIRST_VIEW, 400, 200)).toEqual({ left: 100, top: 0, side: 200 });
    expect(squareOf(FIRST_VIEW, 200, 400)).toEqual({ left: 0, top: 100, side: 200 });
  });

  it("never leaves the picture", () => {
    for (const x of [-9, 0, 9]) {
      for (const zoom of [0, 1, 2.5, 9]) {
        const { left, top, side } = squareOf({ zoom, x, y: -x }, 300, 500);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(left + side).toBeLessThanOrEqual(300 + 1e-9);
        expect(top + side).toBeLessThanOrEqual(500 + 1e-9);
      }
    }
  });

  it("moves in the opposite direction of the picture", () => {
    expect(squareOf({ zoom: 2, x: 0.25, y: 0 }, 200, 200)).toEqual({
      left: 25,
      top: 50,
      side: 100,
    });
    expect(within({ zoom: 1, x: 1, y: 1 }, 400, 200)).toEqual({ zoom: 1, x: 0.5, y: 0 });
  });
});
