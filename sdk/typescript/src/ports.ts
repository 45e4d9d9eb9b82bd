/** The interfaces that a connection needs from the application and the platform. */

import type { Backoff } from "./backoff.ts";
import type { Checkpoint } from "./follower.ts";
import type { Journal } from "./journal.ts";
import type { LogEvent, Partial, Presence, Typing } from "./wire.ts";

export type ConnectionState = "connecting" | "online" | "offline" | "stopped";

/** The application's handling of the log. Both resolve once their work is durable. */
export interface Sink {
  /** Apply the events and store `checkpoint`, in one transaction. */
  apply(events: readonly LogEvent[], checkpoint: Checkpoint): Promise<void>;
  /** Fetch the state afresh and store `checkpoint`. */
  reset(checkpoint: Checkpoint, reason: string): Promise<void>;
}

export interface ConnectionListeners {
  readonly state: (state: ConnectionState) => void;
  readonly loggedOut: () => void;
  readonly typing: (typing: Typing) => void;
  readonly presence: (presence: Presence) => void;
  readonly partial: (partial: Partial) => void;
}

export interface ConnectionOptions {
  readonly url: () => string;
  readonly open: (url: string) => WebSocket;
  readonly backoff: Backoff;
  readonly journal: Journal | null;
}
