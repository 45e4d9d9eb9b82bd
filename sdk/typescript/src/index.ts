export { Api, type Hit, type Page, type Registration, type ServerConfig } from "./api.ts";
export { Backoff } from "./backoff.ts";
export { BackchannelClient, type ClientEvents, type ClientOptions } from "./client.ts";
export { afterClose, type Verdict } from "./closing.ts";
export { ApiError, isTransient } from "./errors.ts";
export { type Effect, Follower, GAP_PATIENCE, HELD_LIMIT, type Place } from "./follower.ts";
export type { ClientFrame, ServerFrame } from "./frames.ts";
export { Journal, type JournalOptions, type Source } from "./journal.ts";
export { IndexedDbOutbox, MemoryOutbox, type OutboxStore, type Outgoing } from "./outbox.ts";
export type { ConnectionState, Sink } from "./ports.ts";
export type { Draft } from "./sending.ts";
export type { SessionKeeper } from "./session.ts";
export type { UploadOptions } from "./upload.ts";
export type {
  Account,
  Ack,
  Audience,
  Conversation,
  ConversationSettings,
  FileInfo,
  Invitation,
  LogEvent,
  Login,
  Marks,
  Message,
  Partial,
  Presence,
  Privacy,
  Receipt,
  Refusal,
  Session,
  ShownInvitation,
  SignedUrls,
  Typing,
  User,
} from "./wire.ts";
