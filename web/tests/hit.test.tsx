import { render } from "@testing-library/react";
import type { Hit } from "backchannel-client";
import { expect, it } from "vitest";
import { Snippet } from "../src/chat/hit";

/** The shown text of a snippet in which each `word` is highlighted. */
function shown(text: string, word: string): string {
  const found = [...text.matchAll(new RegExp(word, "g"))];
  const highlights = found.map(({ index }) => [index, index + word.length] as const);
  const hit = { snippet: { text, highlights } } as unknown as Hit;
  return render(<Snippet hit={hit} />).container.querySelector("bdi")?.innerHTML ?? "";
}

it.each([
  ["a **bold** word", "a <mark>bold</mark> word"],
  ["_so_ `x = 1` ~~bold~~ and *bold*", "so x = 1 <mark>bold</mark> and <mark>bold</mark>"],
  ["…end** and bold", "…end and <mark>bold</mark>"],
  ["it was **bold and…", "it was <mark>bold</mark> and…"],
  ["bold(a, **rest)", "<mark>bold</mark>(a, **rest)"],
  ["2 ** 3 is bold_and_plain", "2 ** 3 is <mark>bold</mark>_and_plain"],
  ["```python\nbold = 1\n```", "<mark>bold</mark> = 1\n"],
  ["bold <b>**bold**</b>", "<mark>bold</mark> &lt;b&gt;<mark>bold</mark>&lt;/b&gt;"],
])("shows a search result without the marks of formatting: %s", (text, expected) => {
  expect(shown(text, "bold")).toBe(expected);
});
