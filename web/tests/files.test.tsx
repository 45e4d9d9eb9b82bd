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

it("says how many pictures of an album are not shown", () => {
  const open = vi.fn();
  const files = pictures(6);
  render(<Files files={files} meta={null} onOpen={open} />);
  expect(screen.getAllByRole("button")).toHaveLength(4);
  const last = screen.getByRole("button", { name: "3.jpg, and 2 more" });
  expect(last.textContent).toContain("+2");
  last.click();
  expect(open).toHaveBeenCalledWith(files[3]);
});

it("shows an album of four as it is", () => {
  render(<Files files={pictures(4)} meta={null} />);
  screen.getByRole("button", { name: "3.jpg" });
  expect(screen.queryByText(/^\+/)).toBeNull();
});
