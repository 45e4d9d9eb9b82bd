/** The shapes of the native API (`/v1`), as `docs/protocol.md` describes them. */

export interface FileInfo {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Pixels of the upright picture. */
  readonly width: number | null;
  readonly height: number | null;
  /** Milliseconds. */
  readonly duration: number | null;
  /** The loudness of a recording over time, from its sender: one byte a sample, in Base64. */
  readonly waveform: string | null;
  /** A ThumbHash in Base64, to be shown until the picture has loaded. */
  readonly placeholder: string | null;
  readonly url: string;
  readonly thumbnail_url: string | null;
}

export interface SignedUrls {
  /** In the order of the request. */
  readonly items: readonly {
    readonly file_id: string;
    readonly url: string;
    /** Leads to a thumbnail only if the file has one. */
    readonly thumbnail_url: string;
  }[];
  readonly expires_at: string;
}

export interface Message {
  readonly conversation_id: string;
  readonly seq: number;
  readonly id: string;
  readonly sender_id: string;
  readonly recipient_id: string;
  /** The sender's idempotency key; only the sender is told. */
  readonly client_id?: string;
  readonly kind: string;
  readonly body: string;
  readonly reply_to: number | null;
  /** Counts the changes: a higher one is newer, in whatever order they arrive. */
  readonly revision: number;
  readonly created_at: string;
  readonly edited_at: string | null;
  readonly deleted_at: string | null;
  readonly reactions: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly FileInfo[];
}

export interface Marks {
  readonly delivered_seq: number;
  readonly read_seq: number;
}

/** Null if it has not happened, is hidden from you, or is no longer known. */
export interface ReceiptTimes {
  readonly delivered_at: string | null;
  readonly read_at: string | null;
}

export interface User {
  readonly id: string;
  readonly username: string;
  readonly display_name: string;
  /** A line by the user; may be empty. */
  readonly about: string;
  /** A square picture that needs no login. */
  readonly avatar_url: string | null;
  readonly deleted?: boolean;
}

export interface Account extends User {
  readonly email: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export type Audience = "everybody" | "nobody";

/** The data that others may see of you; data that you hide are hidden from you as well. */
export interface Privacy {
  /** The users who may see whether you are online, and when you last were. */
  readonly last_seen: Audience;
  readonly read_receipts: Audience;
  readonly typing: Audience;
  /** With `requests`, messages of users to whom you have not written are message requests. */
  readonly first_messages: "everybody" | "requests";
}

/** Your settings of a conversation; the other user is not told. */
export interface ConversationSettings {
  readonly pinned: boolean;
  readonly archived: boolean;
  /** Ends when the conversation is marked as read. */
  readonly marked_unread: boolean;
  readonly muted_until: string | null;
}

export interface Conversation {
  readonly id: string;
  readonly kind: string;
  readonly peer_id: string;
  readonly peer: User | null;
  readonly key: string | null;
  readonly name: string | null;
  readonly last_seq: number;
  readonly unread: number;
  readonly mine: Marks;
  readonly theirs: Marks;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_message: Message | null;
  readonly settings: ConversationSettings;
  /** The state of a message request to you; null for other conversations. */
  readonly request: RequestState | null;
}

export type RequestState = "pending" | "declined";

export interface Login {
  readonly id: string;
  readonly agent: string;
  readonly address: string;
  readonly current: boolean;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
}

export interface Invitation {
  readonly code: string;
  /** The address at which the web client accepts it. */
  readonly path: string;
  /** The number of accounts that it still allows. */
  readonly uses: number;
  readonly created_at: string;
  readonly expires_at: string;
}

export interface ShownInvitation {
  /** Null: the operator of the server. */
  readonly inviter: User | null;
  readonly expires_at: string;
}

export interface Tokens {
  readonly user: Account;
  readonly login_id: string;
  readonly access_token: string;
  readonly expires_at: string;
  /** Seconds for which a new access token is valid, as the device's clock may be wrong. */
  readonly expires_in: number;
  /** Missing if the server keeps it in an HttpOnly cookie. */
  readonly refresh_token?: string;
  readonly refresh_expires_at: string;
}

export interface Receipt extends Marks {
  readonly conversation_id: string;
  readonly user_id: string;
}

interface Entry<Kind extends string, Data> {
  readonly kind: Kind;
  readonly position: number;
  readonly previous: number;
  readonly data: Data;
}

/** One entry of the user's log. */
export type LogEvent =
  | Entry<"message" | "edit" | "delete" | "reaction", Message>
  | Entry<"receipt", Receipt>
  | Entry<"conversation", { readonly conversation_id: string; readonly change: string }>
  | Entry<"profile", { readonly user_id: string }>;

export interface Presence {
  readonly user_id: string;
  readonly online: boolean;
  readonly last_seen_at: string | null;
}

export interface Typing {
  readonly conversation_id: string;
  readonly user_id: string;
  readonly active: boolean;
}

export interface Partial {
  readonly conversation_id: string;
  readonly question_seq: number;
  readonly body: string;
}

export interface Ack {
  readonly client_id: string;
  readonly id: string;
  readonly conversation_id: string;
  readonly seq: number;
  readonly created_at: string;
  readonly position: number | null;
  readonly previous: number | null;
  readonly repeated: boolean;
}

export interface Refusal {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  /** Seconds. */
  readonly retry_after?: number;
  readonly ref?: string | null;
  readonly client_id?: string | null;
}
