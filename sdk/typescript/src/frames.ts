/** The frames of `/v1/ws`. */

import type { Ack, LogEvent, Message, Partial, Presence, Refusal, Typing } from "./wire.ts";

export type ServerFrame =
  | {
      readonly type: "welcome";
      readonly user_id: string;
      readonly username: string;
      readonly epoch: string;
      readonly position: number;
      readonly heartbeat: number;
    }
  | ({ readonly type: "event" } & LogEvent)
  | {
      readonly type: "sync";
      readonly events: readonly LogEvent[];
      readonly position: number;
      readonly more: boolean;
    }
  | {
      readonly type: "reset";
      readonly reason: string;
      readonly epoch: string;
      readonly position: number;
    }
  | ({ readonly type: "ack" } & Ack)
  | { readonly type: "done"; readonly ref: string | null; readonly data: Message | null }
  | ({ readonly type: "error" } & Refusal)
  | { readonly type: "heartbeat" | "pong" | "lagging"; readonly position: number }
  | ({ readonly type: "typing" } & Typing)
  | ({ readonly type: "presence" } & Presence)
  | ({ readonly type: "partial" } & Partial);

export type ClientFrame =
  | {
      readonly type: "hello";
      readonly token: string;
      readonly epoch?: string;
      readonly position?: number;
    }
  | {
      readonly type: "send";
      readonly client_id: string;
      readonly body: string;
      readonly to: string;
      readonly reply_to?: number;
      readonly files?: readonly string[];
    }
  | {
      readonly type: "send";
      readonly client_id: string;
      readonly body: string;
      readonly conversation_id: string;
      readonly reply_to?: number;
      readonly files?: readonly string[];
    }
  | { readonly type: "ack"; readonly position: number }
  | { readonly type: "sync"; readonly position: number; readonly epoch: string }
  | { readonly type: "typing"; readonly conversation_id: string; readonly active: boolean }
  | { readonly type: "stop"; readonly conversation_id: string; readonly ref?: string }
  | { readonly type: "watch"; readonly user_ids: readonly string[]; readonly ref?: string }
  | { readonly type: "renew"; readonly token: string; readonly ref?: string }
  | { readonly type: "ping" };
