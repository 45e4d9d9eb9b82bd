import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Markdown } from "../src/chat/markdown";

afterEach(cleanup);

it.each(["- [x] cups\n- [ ] flasks", "- [x] cups\n\n- [ ] flasks"])("shows tasks: %j", (text) => {
  render(<Markdown text={text} />);
  const boxes = screen.getAllByRole<HTMLInputElement>("checkbox");
  expect(boxes.map((each) => each.checked)).toEqual([true, false]);
  expect(screen.getByRole("checkbox", { name: "cups" })).toBe(boxes[0]);
  expect(screen.getByRole("checkbox", { name: "flasks" })).toBe(boxes[1]);
  expect(screen.getAllByRole("listitem").map((each) => each.textContent)).toEqual([
    "cups",
    "flasks",
  ]);
});

it("labels a task by its own line, without the tasks below it", () => {
  render(<Markdown text={"- [ ] set the *table*\n  - [x] plates"} />);
  const names = screen.getAllByRole("checkbox").map((each) => {
    const id = each.getAttribute("aria-labelledby") ?? "";
    return document.getElementById(id)?.textContent;
  });
  expect(names).toEqual(["set the table", "plates"]);
});

it("aligns the columns of a table", () => {
  render(<Markdown text={"| a | b |\n|--:|---|\n| 1 | 2 |"} />);
  const [first, second] = screen.getAllByRole("cell");
  expect(first?.style.textAlign).toBe("right");
  expect(second?.style.textAlign).toBe("");
});
