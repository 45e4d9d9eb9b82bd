import { cleanup, render, screen } from "@testing-library/react";
import { ApiError } from "backchannel-client";
import { afterEach, expect, it, vi } from "vitest";
import LinkPreviewCard from "../src/chat/link-preview";
import { client } from "../src/state/client";
import { fetchPreview, rememberedPreview } from "../src/state/link-previews";
import { setState } from "../src/state/store";
import { account } from "./accounts";

const NONE = new ApiError(404, "not_found", "");
const AWAY = new ApiError(0, "unreachable", "");
const page = (url: string, title: string, site: string | null = null) => ({
  ...{ url, title, site, description: null, image_url: "https://tracker.example/pixel.png" },
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  setState({ me: null });
});

it("S16: shows the description of a page as text, below the name of its server", async () => {
  const url = "https://kiln.example/visit";
  const title = "<img src=x onerror=alert(1)>";
  vi.spyOn(client.api, "preview").mockResolvedValue(page(url, title, "bank.example"));
  const { container } = render(<LinkPreviewCard url={url} />);
  await screen.findByText(title);
  screen.getByText("kiln.example");
  expect(container.textContent).not.toContain("bank.example");
  expect(container.querySelector("img")).toBeNull();
});

it("requests the preview of a page once for many messages", async () => {
  const url = "https://kiln.example/once";
  const asked = vi.spyOn(client.api, "preview").mockResolvedValue(page(url, "Kiln"));
  for (const key of ["a", "b"]) render(<LinkPreviewCard key={key} url={url} />);
  await vi.waitFor(() => expect(screen.getAllByText("Kiln")).toHaveLength(2));
  render(<LinkPreviewCard url={url} />);
  expect(screen.getAllByText("Kiln")).toHaveLength(3);
  expect(asked).toHaveBeenCalledTimes(1);
});

it("W5: keeps its space without a preview, and reserves none the next time", async () => {
  const url = "https://kiln.example/none";
  vi.spyOn(client.api, "preview").mockRejectedValue(NONE);
  const first = render(<LinkPreviewCard url={url} />);
  await screen.findByText(url);
  const second = render(<LinkPreviewCard url={url} />);
  expect(first.container.querySelector(".preview")).not.toBeNull();
  expect(second.container.querySelector(".preview")).toBeNull();
});

it("requests again if the server could not be reached", async () => {
  const url = "https://kiln.example/again";
  const asked = vi.spyOn(client.api, "preview").mockRejectedValue(AWAY);
  render(<LinkPreviewCard url={url} />);
  await screen.findByText(url);
  cleanup();
  asked.mockResolvedValue(page(url, "Kiln"));
  render(<LinkPreviewCard url={url} />);
  await screen.findByText("Kiln");
});

it("forgets the previews of a user who signs out, also one that comes later", async () => {
  const [known, coming] = ["https://kiln.example/known", "https://kiln.example/coming"];
  const asked = vi.spyOn(client.api, "preview").mockResolvedValue(page(known, "Kiln"));
  setState({ me: account("ada") });
  await fetchPreview(known);
  expect(rememberedPreview(known)).toBeTruthy();
  let answer = (_: ReturnType<typeof page>) => {};
  asked.mockReturnValue(new Promise((resolve) => (answer = resolve)));
  const asking = fetchPreview(coming);
  setState({ me: null });
  answer(page(coming, "Kiln"));
  await asking;
  expect([known, coming].map(rememberedPreview)).toEqual([undefined, undefined]);
});
