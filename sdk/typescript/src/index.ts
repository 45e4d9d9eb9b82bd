export { Api, type Hit, type Page, type Registration, type ServerConfig } from "./api";
export { Backoff } from "./backoff";
export { BackchannelClient, type ClientEvents, type ClientOptions } from "./client";
export { afterClose, type Verdict } from "./closing";
export { ApiError, isTransient } from "./errors";
export { type Effect, Follower, GAP_PATIENCE, HELD_LIMIT, type Place } from "./follower";
export type { ClientFrame, ServerFrame } from "./frames";
export { IndexedDbOutbox, MemoryOutbox, type OutboxStore, type Outgoing } from "./outbox";
export type { ConnectionState, Sink } from "./ports";
export type { Draft } from "./sending";
export type {
  Account,
  Ack,
  Conversation,
  FileInfo,
  LogEvent,
  Login,
  Marks,
  Message,
  Partial,
  Presence,
  Receipt,
  Refusal,
  Session,
  Typing,
  User,
} from "./wire";
