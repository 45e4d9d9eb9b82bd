import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Markdown } from "../src/chat/markdown";

afterEach(cleanup);

it.each(["- [x] cups\n- [ ] flasks", "- [x] cups\n\n- [ ] flasks"])("shows tasks: %j", (text) => {
  render(<Markdown text={text} />);
  const boxes = screen.getAllByRole<HTMLInputElement>("checkbox");
  expect(boxes.map((each) => each.checked)).toEqual([true, false]);
  expect(screen.getAllByRole("listitem").map((each) => each.textContent)).toEqual([
    "cups",
    "flasks",
  ]);
});

it("aligns the columns of a table as it is written", () => {
  render(<Markdown text={"| a | b |\n|--:|---|\n| 1 | 2 |"} />);
  const [first, second] = screen.getAllByRole("cell");
  expect(first?.style.textAlign).toBe("right");
  expect(second?.style.textAlign).toBe("");
});
