/** The REST calls of `/v1`; each raises `ApiError`. */

import type { Requests } from "./requests.ts";
import type {
  Hit,
  LinkPreview,
  MessageQuery,
  Page,
  Registration,
  Report,
  SearchFilter,
  ServerConfig,
} from "./rest.ts";
import type {
  Account,
  Conversation,
  ConversationSettings,
  Invitation,
  Login,
  Message,
  Privacy,
  ReceiptTimes,
  ShownInvitation,
  SignedUrls,
  Tokens,
  User,
} from "./wire.ts";

const seg = encodeURIComponent;

export class Api {
  /** With `cookie`, the server keeps the refresh token in an HttpOnly cookie. */
  constructor(
    private readonly requests: Requests,
    private readonly cookie = false,
  ) {}

  config(): Promise<ServerConfig> {
    return this.requests.open("GET", "/v1/config");
  }

  register(body: Registration): Promise<Account> {
    return this.requests.open("POST", "/v1/register", { body });
  }

  /** An invitation as the invited person sees it. */
  invitation(code: string): Promise<ShownInvitation> {
    return this.requests.open("GET", `/v1/invitations/${seg(code)}`);
  }

  invite(body: { uses?: number; days?: number } = {}): Promise<Invitation> {
    return this.requests.json("POST", "/v1/invitations", { body });
  }

  async invitations(): Promise<Invitation[]> {
    return (await this.requests.json<Page<Invitation>>("GET", "/v1/invitations")).items;
  }

  withdrawInvitation(code: string): Promise<void> {
    return this.requests.json("DELETE", `/v1/invitations/${seg(code)}`);
  }

  login(identifier: string, password: string): Promise<Tokens> {
    return this.requests.open("POST", this.loginPath("login"), { body: { identifier, password } });
  }

  /** With a cookie, this ends the login even if the access token is no longer valid. */
  logout(): Promise<void> {
    return this.cookie
      ? this.requests.open("POST", this.loginPath("logout"))
      : this.requests.json("POST", this.loginPath("logout"));
  }

  me(): Promise<Account> {
    return this.requests.json("GET", "/v1/me");
  }

  changeProfile(body: {
    display_name?: string;
    about?: string;
    email?: string;
    password?: string;
  }): Promise<Account> {
    return this.requests.json("PATCH", "/v1/me", { body });
  }

  /** A square JPEG, PNG or WebP picture that you have uploaded, up to 1,024 pixels wide and 1 MB. */
  setAvatar(file_id: string): Promise<Account> {
    return this.requests.json("PUT", "/v1/me/avatar", { body: { file_id } });
  }

  removeAvatar(): Promise<void> {
    return this.requests.json("DELETE", "/v1/me/avatar");
  }

  privacy(): Promise<Privacy> {
    return this.requests.json("GET", "/v1/me/privacy");
  }

  /** Fields that are left out stay as they are. */
  changePrivacy(change: Partial<Privacy>): Promise<Privacy> {
    return this.requests.json("PATCH", "/v1/me/privacy", { body: change });
  }

  changePassword(old_password: string, new_password: string): Promise<Tokens> {
    return this.requests.json("POST", "/v1/password", { body: { old_password, new_password } });
  }

  deleteAccount(password: string): Promise<void> {
    return this.requests.json("DELETE", "/v1/me", { body: { password } });
  }

  async logins(): Promise<Login[]> {
    return (await this.requests.json<Page<Login>>("GET", "/v1/logins")).items;
  }

  endLogin(id: string): Promise<void> {
    return this.requests.json("DELETE", `/v1/logins/${seg(id)}`);
  }

  endOtherLogins(): Promise<{ ended: number }> {
    return this.requests.json("DELETE", "/v1/logins");
  }

  async users(search: string, signal?: AbortSignal): Promise<User[]> {
    const query = { search: search || null, limit: 20 };
    const options = signal ? { query, signal } : { query };
    return (await this.requests.json<Page<User>>("GET", "/v1/users", options)).items;
  }

  user(idOrName: string): Promise<User> {
    return this.requests.json("GET", `/v1/users/${seg(idOrName)}`);
  }

  blocks(cursor: string | null = null, limit = 100): Promise<Page<User>> {
    return this.requests.json("GET", "/v1/blocks", { query: { cursor, limit } });
  }

  setBlocked(user: string, blocked: boolean): Promise<void> {
    return this.requests.json(blocked ? "PUT" : "DELETE", `/v1/blocks/${seg(user)}`);
  }

  /** Report a user to the operator of the server. */
  report(report: Report): Promise<void> {
    return this.requests.json("POST", "/v1/reports", { body: report });
  }

  conversations(cursor: string | null = null, limit = 100): Promise<Page<Conversation>> {
    return this.requests.json("GET", "/v1/conversations", { query: { cursor, limit } });
  }

  conversation(id: string): Promise<Conversation> {
    return this.requests.json("GET", `/v1/conversations/${seg(id)}`);
  }

  /** The message requests to you: pending ones, or those that you have declined. */
  messageRequests(
    cursor: string | null = null,
    { declined = false, limit = 100 } = {},
  ): Promise<Page<Conversation>> {
    return this.requests.json("GET", "/v1/requests", {
      query: { cursor, limit, declined: declined ? "true" : null },
    });
  }

  answerRequest(id: string, answer: "accepted" | "declined"): Promise<void> {
    const action = answer === "accepted" ? "accept" : "decline";
    return this.requests.json("POST", `/v1/requests/${seg(id)}/${action}`);
  }

  /** Open a session with the server's responder. */
  openSession(name?: string): Promise<Conversation> {
    return this.requests.json("POST", "/v1/sessions", { body: name ? { name } : {} });
  }

  renameSession(id: string, name: string): Promise<void> {
    return this.requests.json("PATCH", `/v1/sessions/${seg(id)}`, { body: { name } });
  }

  /** Delete a session with all its messages. */
  deleteSession(id: string): Promise<void> {
    return this.requests.json("DELETE", `/v1/sessions/${seg(id)}`);
  }

  /** Messages, oldest first. */
  async messages(id: string, query: MessageQuery = {}): Promise<Message[]> {
    const path = `/v1/conversations/${seg(id)}/messages`;
    const options = { query: { ...query } };
    return (await this.requests.json<Page<Message>>("GET", path, options)).items;
  }

  markRead(id: string, seq: number): Promise<void> {
    return this.requests.json("PUT", `/v1/conversations/${seg(id)}/read`, { body: { seq } });
  }

  /** Fields that are left out stay as they are. */
  changeSettings(id: string, change: Partial<ConversationSettings>): Promise<ConversationSettings> {
    const path = `/v1/conversations/${seg(id)}/settings`;
    return this.requests.json("PATCH", path, { body: change });
  }

  edit(message: Pick<Message, "conversation_id" | "seq">, body: string): Promise<Message> {
    return this.requests.json("PATCH", messagePath(message), { body: { body } });
  }

  delete(message: Pick<Message, "conversation_id" | "seq">): Promise<Message> {
    return this.requests.json("DELETE", messagePath(message));
  }

  /** The times at which a message that you have sent was delivered and read. */
  receiptTimes(message: Pick<Message, "conversation_id" | "seq">): Promise<ReceiptTimes> {
    return this.requests.json("GET", `${messagePath(message)}/receipt`);
  }

  react(
    message: Pick<Message, "conversation_id" | "seq">,
    emoji: string,
    active: boolean,
  ): Promise<Message> {
    const path = `${messagePath(message)}/reactions/${seg(emoji)}`;
    return this.requests.json(active ? "PUT" : "DELETE", path);
  }

  /** Fails with 404 if the page has no preview, or previews are off. */
  preview(url: string): Promise<LinkPreview> {
    return this.requests.json("GET", "/v1/preview", { query: { url } });
  }

  async search(q: string, conversationId?: string, signal?: AbortSignal): Promise<Hit[]> {
    const query = { q, conversation_id: conversationId };
    const options = signal ? { query, signal } : { query };
    return (await this.requests.json<Page<Hit>>("GET", "/v1/search", options)).items;
  }

  /** Hits, newest first. A page may be empty even if another one follows. */
  searchBy(
    { q, ...filter }: SearchFilter & { readonly q: string },
    cursor: string | null = null,
    signal?: AbortSignal,
  ): Promise<Page<Hit>> {
    const query = { q, ...filter, order: "newest", cursor };
    return this.requests.json("GET", "/v1/search", signal ? { query, signal } : { query });
  }

  /** The content of a file, or of another address that the server named. */
  async content(url: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.requests.raw("GET", url, signal ? { signal } : {})).blob();
  }

  /** Cancel an upload, and delete its bytes on the server. */
  cancelUpload(address: string): Promise<void> {
    return this.requests.json("DELETE", address, { headers: { "tus-resumable": "1.0.0" } });
  }

  /**
   * Addresses for `<img>` and `<video>`, valid for 10 to 15 minutes; at most 100 files at a time.
   */
  signUrls(file_ids: readonly string[]): Promise<SignedUrls> {
    return this.requests.json("POST", "/v1/files/urls", { body: { file_ids } });
  }

  private loginPath(name: string): string {
    return `/v1/${this.cookie ? "browser/" : ""}${name}`;
  }
}

function messagePath({ conversation_id, seq }: { conversation_id: string; seq: number }): string {
  return `/v1/conversations/${seg(conversation_id)}/messages/${seq}`;
}
