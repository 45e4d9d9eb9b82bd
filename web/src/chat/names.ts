/** The names of conversations and their users, in words. */

import type { Conversation, FileInfo, Message } from "backchannel-client";
import { t } from "../strings";
import { length } from "../ui/format";
import type { IconName } from "../ui/icon";

export function nameOf(conversation: Conversation): string {
  if (conversation.kind === "session") return conversation.name || t.session;
  return conversation.peer?.display_name || conversation.peer?.username || t.conversations;
}

/** The key of drafts and outgoing messages of a conversation. */
export function keyOf(conversation: Conversation): string {
  return conversation.kind === "session" ? conversation.id : conversation.peer_id;
}

export interface Preview {
  readonly text: string;
  readonly icon: IconName | null;
}

/** A message in one line. */
export function previewOf(
  message: Pick<Message, "body" | "files"> & Partial<Pick<Message, "kind">>,
): Preview {
  // The server's texts are in English.
  if (message.kind === "failure") return { text: t.noAnswer, icon: null };
  if (message.kind === "stopped") return { text: t.answerStopped, icon: null };
  const [first] = message.files;
  if (message.body.trim())
    return { text: plainLine(message.body), icon: first ? iconOf(first) : null };
  if (!first) return { text: "", icon: null };
  return { text: nameOfFiles(message.files), icon: iconOf(first) };
}

export function isPicture(file: FileInfo): boolean {
  return file.type.startsWith("image/") && file.thumbnail_url !== null;
}

function nameOfFiles(files: readonly FileInfo[]): string {
  const [first] = files;
  if (files.every(isPicture)) return files.length === 1 ? t.photo : t.photos(files.length);
  if (first && isVoice(first)) {
    return first.duration ? t.voiceMessageOf(length(first.duration)) : t.voiceMessage;
  }
  if (first?.type.startsWith("video/")) return t.video;
  return first?.name ?? "";
}

/** True if it was recorded by a chat client; other sounds have no waveform. */
export function isVoice(file: FileInfo): boolean {
  return file.type.startsWith("audio/") && file.waveform !== null;
}

function iconOf(file: FileInfo): IconName {
  if (isPicture(file)) return "image";
  return isVoice(file) ? "mic" : "file";
}

/** A formatted part: the text before it, a mark, and the text between two of that mark. */
export const FORMATTED = /(^|\W)([*_`~]{1,2})(\S(?:.*?\S)?)\2(?=\W|$)/g;

/** The text without line breaks and the marks of formatting. */
function plainLine(body: string): string {
  return body
    .replace(/```\w*\n?/g, "")
    .replace(FORMATTED, "$1$3")
    .replace(/\s+/g, " ")
    .trim();
}
