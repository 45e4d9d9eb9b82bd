import { act, render, screen } from "@testing-library/react";
import type { Conversation, Message } from "backchannel-client";
import { beforeEach, expect, it, vi } from "vitest";
import { Row } from "../src/chat/row";
import { setState } from "../src/state/store";

const EVENING = new Date(2026, 10, 24, 22, 15);
const HOUR = 3_600_000;

const conversation = {
  id: "c",
  kind: "direct",
  peer_id: "grace",
  peer: { id: "grace", username: "grace", display_name: "Grace" },
  last_message: null,
  unread: 0,
  updated_at: EVENING.toISOString(),
  settings: { pinned: false, muted_until: null, archived: false, marked_unread: false },
} as unknown as Conversation;

beforeEach(() => {
  vi.useFakeTimers({ now: EVENING });
  vi.resetModules();
  localStorage.setItem("backchannel.times", "24");
  return () => vi.useRealTimers();
});

it("shows the weekday of a message of the day before", async () => {
  const { Row } = await import("../src/chat/row");
  render(<Row conversation={conversation} current={false} />);
  screen.getByText("22:15");
  await act(() => vi.advanceTimersByTimeAsync(2 * HOUR));
  screen.getByText("Tue");
});

it("no longer shows that a user is typing after six seconds", async () => {
  setState({ typing: { c: Date.now() + 6_000 } });
  render(<Row conversation={conversation} current={false} />);
  screen.getByText("typing…");
  await act(() => vi.advanceTimersByTimeAsync(7_000));
  expect(screen.queryByText("typing…")).toBeNull();
});

it("shows a small picture before the text of a message that has one", async () => {
  const file = {
    type: "image/png",
    thumbnail_url: "/t",
    placeholder: "1QcSHQRnh493V4dIh4eXh1h4kJUI",
  };
  const last_message = { sender_id: "grace", body: "Look", files: [file], deleted_at: null };
  const shown = { ...conversation, last_message: last_message as unknown as Message };
  setState({ typing: {} });
  const { container } = render(<Row conversation={shown} current={false} />);
  await act(async () => {
    await import("thumbhash");
    await vi.advanceTimersByTimeAsync(0);
  });
  const thumbnail = container.querySelector<HTMLElement>(".row__thumb");
  expect(thumbnail?.style.backgroundImage).toContain("data:image/png;base64,");
});

it.each([
  ["failure", "There is no answer"],
  ["stopped", "You stopped this answer."],
])("says in the user's language why there is no answer: %s", (kind, text) => {
  const last_message = {
    kind,
    sender_id: "assistant",
    body: "Send it again.",
    files: [],
    deleted_at: null,
  };
  const session = {
    ...conversation,
    id: "s",
    kind: "session",
    last_message: last_message as unknown as Message,
  };
  render(<Row conversation={session as Conversation} current={false} />);
  screen.getByText(text);
});
