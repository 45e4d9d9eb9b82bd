/** Search in this device's messages, which are read once and then found at once. */

import type { Hit, Message, SearchFilter } from "backchannel-client";
import type { Database } from "./database";
import { database } from "./following";
import { getState } from "./store";

/** The most messages to search, the newest ones: of a conversation, and of all together. */
const MOST_OF_ONE = 10_000;
const MOST = 30_000;
const CHUNK = 500;
const MOST_HITS = 50;
/** Characters of a snippet before the match, and in all. */
const BEFORE = 40;
const SHOWN = 160;

interface Searchable {
  readonly message: Message;
  /** The body's words, without case and accents. */
  readonly words: string;
}

/** The messages that were read for one search pane, newest first. */
export class LocalSearch {
  private readonly read: Searchable[] = [];
  private stopped = false;

  /** Read a conversation, or the latest ones; `onRead` is called after each part. */
  async load(conversationId: string | null, onRead: () => void): Promise<void> {
    const held = database();
    if (!held) return;
    const latest = Object.values(getState().conversations)
      .sort((one, other) => other.updated_at.localeCompare(one.updated_at))
      .map((each) => each.id);
    for (const id of conversationId === null ? latest : [conversationId]) {
      await this.readOne(held, id, onRead);
    }
  }

  stop(): void {
    this.stopped = true;
  }

  /** The newest messages that have a word beginning with each of the words in `text`. */
  find(text: string, only: SearchFilter): Hit[] {
    const wanted = fold(text).trim().split(" ").filter(Boolean);
    if (wanted.length === 0) return [];
    const found = this.read.filter(
      ({ message, words }) =>
        wanted.every((each) => words.includes(` ${each}`)) && admits(only, message),
    );
    return found
      .map(({ message }) => message)
      .sort((one, other) => other.created_at.localeCompare(one.created_at))
      .slice(0, MOST_HITS)
      .map((message) => hitOf(message, wanted));
  }

  private async readOne(held: Database, id: string, onRead: () => void): Promise<void> {
    let page = await held.newest(id, CHUNK);
    for (let count = 0; page.length > 0 && count < MOST_OF_ONE; count += page.length) {
      if (this.stopped || this.read.length >= MOST) return;
      for (const message of page) {
        if (message.deleted_at === null && message.body) {
          this.read.push({ message, words: ` ${fold(message.body)}` });
        }
      }
      onRead();
      page = await held.before(id, page[0]?.seq ?? 0, CHUNK);
    }
  }
}

const LINK = /:\/\/|(?<![\p{L}\p{N}_.@/-])www\.[\p{L}\p{N}_-]+\.[\p{L}\p{N}_]/u;

/** True if a message matches a filter, as on the server. */
function admits({ sender, has, since, until }: SearchFilter, message: Message): boolean {
  const at = Date.parse(message.created_at);
  return (
    (!sender || message.sender_id === sender) &&
    (has !== "files" || message.files.length > 0) &&
    (has !== "links" || LINK.test(message.body)) &&
    (!since || at >= Date.parse(since)) &&
    (!until || at < Date.parse(until))
  );
}

function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ");
}

function hitOf(message: Message, wanted: readonly string[]): Hit {
  const { conversation_id, seq, id, sender_id, created_at, body } = message;
  const first = markedIn(body, wanted)[0]?.[0] ?? 0;
  const from = first > BEFORE ? first - BEFORE : 0;
  const end = from + SHOWN;
  const text = `${from > 0 ? "…" : ""}${body.slice(from, end)}${end < body.length ? "…" : ""}`;
  const snippet = { text, highlights: markedIn(text, wanted) };
  return { conversation_id, seq, id, sender_id, created_at, snippet };
}

/** The positions at which words begin with a searched word. */
function markedIn(text: string, wanted: readonly string[]): [number, number][] {
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${wanted.join("|")})`, "giu");
  const plain = text.normalize("NFC");
  return [...plain.matchAll(pattern)].map(({ index, 0: match }) => [index, index + match.length]);
}
