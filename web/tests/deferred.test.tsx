import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deferred } from "../src/ui/deferred";
import { ErrorBoundary } from "../src/ui/error-boundary";

const Hello = ({ name }: { readonly name: string }) => <p>Hello {name}</p>;

it("shows its fallback until the code has loaded, and none later", async () => {
  const load = vi.fn(async () => Hello);
  const Later = deferred(load, <p>Not yet</p>);
  const first = render(<Later name="Ada" />);
  screen.getByText("Not yet");
  await screen.findByText("Hello Ada", {}, { timeout: 60_000 });
  first.unmount();
  render(<Later name="Grace" />);
  screen.getByText("Hello Grace");
  expect(load).toHaveBeenCalledTimes(1);
});

describe("a file that does not load", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });
  const seconds = (count: number) => act(() => vi.advanceTimersByTimeAsync(count * 1_000));

  it("is loaded again", async () => {
    const load = vi.fn(async () => Hello).mockRejectedValueOnce(new Error("no network"));
    const Later = deferred(load, ({ name }) => <p>{name} is not here yet</p>);
    render(<Later name="Ada" />);
    screen.getByText("Ada is not here yet");
    await seconds(1);
    screen.getByText("Hello Ada");
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("waits for a network without one", async () => {
    const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const load = vi.fn(async () => Hello).mockRejectedValueOnce(new Error("no network"));
    const Later = deferred(load);
    render(<Later name="Ada" />);
    await seconds(60);
    expect(load).toHaveBeenCalledTimes(1);
    online.mockReturnValue(true);
    dispatchEvent(new Event("online"));
    await seconds(0);
    screen.getByText("Hello Ada");
  });

  it("is not loaded again if an update has removed it from the server", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {}); // React logs what the boundary catches
    const asked = vi
      .spyOn(globalThis, "fetch")
      .mockResolvedValue(new Response("", { status: 404 }));
    const reason = "Failed to fetch dynamically imported module: http://chat/assets/late-1.js";
    const load = vi.fn(async () => Hello).mockRejectedValue(new TypeError(reason));
    const Later = deferred(load);
    render(
      <ErrorBoundary fallback={<p>Failed</p>}>
        <Later name="Ada" />
      </ErrorBoundary>,
    );
    await seconds(0);
    screen.getByText("Failed");
    expect(load).toHaveBeenCalledTimes(1);
    expect(asked).toHaveBeenCalledWith("/assets/late-1.js", { method: "HEAD", cache: "no-store" });
  });

  it("is reported to the boundary, and loaded again with the next use", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {}); // React logs what the boundary catches
    const load = vi.fn(async () => Hello).mockRejectedValue(new Error("gone"));
    const Later = deferred(load);
    const first = render(
      <ErrorBoundary fallback={<p>Failed</p>}>
        <Later name="Ada" />
      </ErrorBoundary>,
    );
    await seconds(15);
    screen.getByText("Failed");
    first.unmount();
    load.mockImplementation(async () => Hello);
    render(<Later name="Grace" />);
    await seconds(0);
    screen.getByText("Hello Grace");
  });
});
