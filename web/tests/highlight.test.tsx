import { readFileSync } from "node:fs";
import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { highlight } from "../src/chat/highlight";

it("uses only classes that the style has colours for", () => {
  const code = 'def f():  # a comment\n    return "text", 12';
  const { container } = render(<pre>{highlight(code, "python")}</pre>);
  const style = readFileSync("src/styles/message-states.css", "utf8");
  const coloured = [...container.querySelectorAll("span[class]")];
  const texts = coloured.map((each) => each.textContent);
  expect(texts).toEqual(expect.arrayContaining(["def", "# a comment", '"text"', "12"]));
  for (const { className } of coloured) expect(style).toContain(`.${className} {`);
});
