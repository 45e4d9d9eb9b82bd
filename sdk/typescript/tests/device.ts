/** A client with a server in the same process, under a clock that the test drives. */

import { afterEach, beforeEach, vi } from "vitest";
import {
  BackchannelClient,
  type Checkpoint,
  type LogEvent,
  MemoryOutbox,
  type OutboxStore,
  type Tokens,
} from "../src/index.ts";
import { FakeServer } from "./server.ts";

const START = Date.parse("2026-05-04T10:00:00Z");
export const AT: Checkpoint = { epoch: "e", position: 4 };

export function issuedTokens(token: string, minutes = 60): Tokens {
  const user = { id: "ada-id", username: "ada", display_name: "Ada", about: "", avatar_url: null };
  return {
    user: { ...user, email: null, created_at: "", updated_at: "" },
    login_id: "l",
    access_token: token,
    expires_at: new Date(Date.now() + minutes * 60_000).toISOString(),
    expires_in: minutes * 60,
    refresh_token: `r-${token}`,
    refresh_expires_at: "",
  };
}

export class Device {
  readonly server = new FakeServer();
  readonly applied: LogEvent[] = [];
  readonly resets: string[] = [];
  readonly fetched = vi.fn(async (_url: string | URL | Request, _init?: RequestInit) =>
    Response.json(issuedTokens("fresh")),
  );
  checkpoint: Checkpoint | null = null;
  readonly client = new BackchannelClient({
    server: "http://chat.example",
    fetch: this.fetched as unknown as typeof fetch,
    open: this.server.open,
    random: () => 0.5,
  });

  async start(
    checkpoint: Checkpoint | null,
    outbox: OutboxStore = new MemoryOutbox(),
  ): Promise<void> {
    this.client.tokens.adopt(issuedTokens("first"));
    await this.client.keepOutbox(outbox);
    this.client.connect(checkpoint, {
      apply: async (events, reached) => {
        this.applied.push(...events);
        this.checkpoint = reached;
      },
      reset: async (reached, reason) => {
        this.resets.push(reason);
        this.checkpoint = reached;
      },
    });
    await settle();
  }
}

export const settle = () => vi.advanceTimersByTimeAsync(1);

export function ack(clientId: string, position: number | null) {
  const previous = position === null ? null : position - 1;
  return {
    type: "ack",
    client_id: clientId,
    id: "m1",
    conversation_id: "c1",
    seq: 7,
    created_at: "2026-05-04T10:00:00.000Z",
    position,
    previous,
    repeated: position === null,
  } as const;
}

/** Use fake timers in every test of the file. */
export function underFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({
      now: START,
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export function profile(position: number) {
  const data = { user_id: "u" };
  return { type: "event", kind: "profile", position, previous: position - 1, data } as const;
}

export function own(position: number, clientId: string): LogEvent {
  const marks = { edited_at: null, deleted_at: null, reactions: {}, files: [], reply_to: null };
  const data = { conversation_id: "c1", seq: 7, id: "m1", sender_id: "ada-id", body: "Hi" };
  const rest = { recipient_id: "grace", client_id: clientId, kind: "text", revision: 0 };
  return {
    kind: "message",
    position,
    previous: position - 1,
    data: { ...data, ...rest, ...marks, created_at: "" },
  };
}
