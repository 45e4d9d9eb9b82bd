import { render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { blocksOf, inline, isEmojiOnly, linksOf } from "../src/chat/rich";

const html = (text: string) => render(<p>{inline(text)}</p>).container.innerHTML;

describe("test_W19 texts", () => {
  it.each([
    ["*so*", "<em>so</em>"],
    ["_so_", "<em>so</em>"],
    ["**so**", "<strong>so</strong>"],
    ["~~so~~", "<s>so</s>"],
    ["`a*b*`", "<code>a*b*</code>"],
    ["snake_case_name", "snake_case_name"],
    ["2 * 3 * 4", "2 * 3 * 4"],
  ])("%s", (text, expected) => {
    expect(html(text)).toBe(`<p>${expected}</p>`);
  });

  it.each([
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "javascript:alert(1)",
    "[a](javascript:alert(1))",
    "data:text/html,<b>",
  ])("%s makes no element", (text) => {
    const { container } = render(<p>{inline(text)}</p>);
    expect(container.querySelector("p")?.children).toHaveLength(0);
    expect(container.textContent).toBe(text);
  });

  it("links addresses, without the full stop after them", () => {
    const { container } = render(<p>{inline("see https://example.org/a_b_c?d=1.")}</p>);
    const link = container.querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.org/a_b_c?d=1");
    expect(link?.rel).toContain("noopener");
    expect(container.textContent).toBe("see example.org/a_b_c?d=1.");
  });

  it.each([
    ["www.example.com", "https://www.example.com"],
    ["www.example.com/a_b?c=1#d", "https://www.example.com/a_b?c=1#d"],
    ["www.münchen.de:8080/", "https://www.münchen.de:8080/"],
    ["ada.b+c@mail.example.org", "mailto:ada.b+c@mail.example.org"],
    ["snake_case_name@example.org", "mailto:snake_case_name@example.org"],
  ])("links %s, whose text stays as it was written", (text, address) => {
    const { container } = render(<p>{inline(`(see ${text}).`)}</p>);
    expect(container.querySelector("a")?.getAttribute("href")).toBe(address);
    expect(container.querySelector("a")?.textContent).toBe(text);
    expect(container.textContent).toBe(`(see ${text}).`);
  });

  it.each(["www.", "www.example", "wwww.example.com", "@ada", "ada@example", "a@b@example.org"])(
    "does not link %s",
    (text) => {
      const { container } = render(<p>{inline(text)}</p>);
      expect(container.querySelector("a")).toBeNull();
    },
  );

  it("links an address with a scheme once", () => {
    const { container } = render(<p>{inline("https://ada@www.example.com/x@example.org")}</p>);
    expect(container.querySelectorAll("a")).toHaveLength(1);
  });

  it("lists the linked pages of a text, without mail addresses", () => {
    const text = "www.example.com, http://example.org and ada@example.org";
    expect(linksOf(text)).toEqual(["https://www.example.com", "http://example.org"]);
  });

  it("separates code from text", () => {
    expect(blocksOf("before\n```python\nx = 1\n```\nafter")).toEqual([
      { kind: "text", text: "before", language: "" },
      { kind: "code", text: "x = 1", language: "python" },
      { kind: "text", text: "after", language: "" },
    ]);
  });

  it("shows one to three emoji large", () => {
    expect(isEmojiOnly("🫠")).toBe(true);
    expect(isEmojiOnly("👍🏽 ❤️")).toBe(true);
    expect(isEmojiOnly("🇩🇪👩‍👩‍👧")).toBe(true);
    expect(isEmojiOnly("👍👍👍👍")).toBe(false);
    expect(isEmojiOnly("1")).toBe(false);
    expect(isEmojiOnly("©")).toBe(false);
    expect(isEmojiOnly("")).toBe(false);
    expect(isEmojiOnly("ok 👍")).toBe(false);
  });
});
