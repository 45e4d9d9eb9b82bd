/** What a connection asks of the application, and of the world. */

import type { Backoff } from "./backoff.ts";
import type { Place } from "./follower.ts";
import type { Journal } from "./journal.ts";
import type { LogEvent, Partial, Presence, Typing } from "./wire.ts";

export type ConnectionState = "connecting" | "online" | "offline" | "stopped";

/** What the application does with the log. Both resolve once their work is durable. */
export interface Sink {
  /** Apply the events and store `place`, in one transaction. */
  apply(events: readonly LogEvent[], place: Place): Promise<void>;
  /** Fetch the state afresh and store `place`. */
  reset(place: Place, reason: string): Promise<void>;
}

export interface Signals {
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
