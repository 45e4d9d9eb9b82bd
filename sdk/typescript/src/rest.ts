/** The queries and responses of the REST calls, in addition to the types of `wire.ts`. */

export interface Page<Value> {
  readonly items: Value[];
  /** The cursor of the next page, null on the last. */
  readonly next: string | null;
}

export interface Hit {
  readonly conversation_id: string;
  readonly seq: number;
  readonly id: string;
  readonly sender_id: string;
  readonly created_at: string;
  readonly snippet: {
    readonly text: string;
    readonly highlights: readonly (readonly [number, number])[];
  };
}

/** Conditions that a message must meet to be found. */
export interface SearchFilter {
  readonly conversation_id?: string;
  /** An id or a username. */
  readonly sender?: string;
  readonly has?: "files" | "links";
  /** ISO 8601; inclusive. */
  readonly since?: string;
  /** Exclusive. */
  readonly until?: string;
}

export interface ServerConfig {
  readonly registration: boolean;
  readonly invitation_needed: boolean;
  readonly user_invitations: boolean;
  readonly first_run: boolean;
  readonly password_minimum: number;
  readonly message_limit: number;
  readonly file_limit: number;
  readonly files_per_message: number;
  readonly link_previews: boolean;
}

/** The description of a web page by itself, in plain text. */
export interface LinkPreview {
  /** The page, after redirects. */
  readonly url: string;
  readonly title: string | null;
  readonly description: string | null;
  /** Loading it reveals the reader to another server. */
  readonly image_url: string | null;
  readonly site: string | null;
}

export interface Registration {
  readonly username: string;
  readonly password: string;
  readonly display_name?: string;
  readonly email?: string;
  /** The code of an invitation. */
  readonly invitation?: string;
}

export interface Report {
  /** An id or a username. */
  readonly user: string;
  readonly reason: "spam" | "harassment" | "threat" | "illegal" | "other";
  readonly comment?: string;
  /** The `seq` of messages that they have sent to you, at most 20: their texts are copied. */
  readonly messages?: readonly number[];
}

/** Without a bound, the newest messages; `before` and `after` exclude their `seq`. */
export interface MessageQuery {
  readonly before?: number;
  readonly after?: number;
  readonly around?: number;
  readonly limit?: number;
  /** Only messages that have files; not with `around`. */
  readonly has?: "files";
}
