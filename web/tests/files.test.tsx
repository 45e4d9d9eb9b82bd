import { cleanup, render, screen } from "@testing-library/react";
import type { FileInfo } from "backchannel-client";
import { afterEach, expect, it, vi } from "vitest";
import { Files } from "../src/chat/files";

const pictures = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `f${index}`,
    name: `${index}.jpg`,
    type: "image/jpeg",
    size: 1,
    url: `/v1/files/f${index}`,
    thumbnail_url: `/v1/files/f${index}/thumbnail`,
  })) as unknown as FileInfo[];

afterEach(cleanup);

it("shows the number of hidden pictures of an album", () => {
  const open = vi.fn();
  const files = pictures(6);
  render(<Files files={files} meta={null} onOpen={open} />);
  expect(screen.getAllByRole("button")).toHaveLength(4);
  const last = screen.getByRole("button", { name: "3.jpg, and 2 more" });
  expect(last.textContent).toContain("+2");
  last.click();
  expect(open).toHaveBeenCalledWith(files[3]);
});

it("shows all pictures of an album of four", () => {
  render(<Files files={pictures(4)} meta={null} />);
  screen.getByRole("button", { name: "3.jpg" });
  expect(screen.queryByText(/^\+/)).toBeNull();
});

it("W8: a small picture with a caption leaves room for its text", () => {
  const [file] = pictures(1);
  const small = { ...file, width: 40, height: 40 } as FileInfo;
  render(<Files files={[small]} meta={null} captioned />);
  const { style, className } = screen.getByRole("button");
  expect(style.inlineSize).toBe("240px");
  expect(className).toContain("photo--padded");
});

it.each([
  { of: [1600, 1200], place: [380, 285] },
  { of: [1600, 100], place: [380, 100] },
  { of: [200, 1000], place: [200, 267] },
  { of: [200, 150], place: [200, 150] },
  { of: [40, 40], place: [120, 80], padded: true },
])("W8: a single picture is never drawn above its own size: $of", ({ of, place, padded }) => {
  const [width, height] = of;
  const [file] = pictures(1);
  if (file) render(<Files files={[{ ...file, width, height } as FileInfo]} meta={null} />);
  const { style, className } = screen.getByRole("button");
  const [across = 0, down = 0] = style.aspectRatio.split("/").map(Number);
  expect(style.inlineSize).toBe(`${place[0]}px`);
  expect([across, Math.round(down)]).toEqual(place);
  expect(className.includes("photo--padded")).toBe(padded ?? false);
});
