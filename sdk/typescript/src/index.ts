export { Api } from "./api.ts";
export { Backoff } from "./backoff.ts";
export { BackchannelClient, type ClientEvents, type ClientOptions } from "./client.ts";
export { type AfterClose, afterClose } from "./closing.ts";
export { ApiError, isTransient } from "./errors.ts";
export { type Checkpoint, type Effect, Follower, GAP_TIMEOUT, HELD_LIMIT } from "./follower.ts";
export type { ClientFrame, ServerFrame } from "./frames.ts";
export { Journal, type JournalOptions, type Source } from "./journal.ts";
export { IndexedDbOutbox, MemoryOutbox, type OutboxStore, type Outgoing } from "./outbox.ts";
export type { ConnectionState, Sink } from "./ports.ts";
export type {
  Hit,
  LinkPreview,
  MessageQuery,
  Page,
  Registration,
  Report,
  SearchFilter,
  ServerConfig,
} from "./rest.ts";
export type { Draft } from "./sending.ts";
export type { TokenManager } from "./tokens.ts";
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
  ReceiptTimes,
  Refusal,
  RequestState,
  ShownInvitation,
  SignedUrls,
  Tokens,
  Typing,
  User,
} from "./wire.ts";
