import { cleanup, render, screen } from "@testing-library/react";
import type { Message } from "backchannel-client";
import { afterEach, expect, it } from "vitest";
import { AnswerView } from "../src/chat/answer";

afterEach(cleanup);

const answer = (kind: string) => {
  const message = { seq: 2, kind, body: "No.", deleted_at: null, created_at: "2026-11-24" };
  return {
    kind: "answer",
    key: "answer-1",
    message: message as unknown as Message,
    body: "No.",
  } as const;
};

it("W18: an answer that was stopped before its first word does not look like a failure", () => {
  const { container } = render(
    <AnswerView item={answer("stopped")} found={false} onAgain={null} />,
  );
  screen.getByText("You stopped this answer.");
  expect(container.querySelector(".is-danger")).toBeNull();
  expect(screen.queryByRole("button", { name: "Copy answer" })).toBeNull();
});

it("W18: a failure is shown as a failure", () => {
  const { container } = render(
    <AnswerView item={answer("failure")} found={false} onAgain={null} />,
  );
  screen.getByText("There is no answer");
  expect(container.querySelector(".is-danger")).not.toBeNull();
});
