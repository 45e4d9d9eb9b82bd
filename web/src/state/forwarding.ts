/** Copies of messages in drafts, for the user to send to another user. */

import type { FileInfo, Message } from "backchannel-client";
import { eachOnce, saveDraft } from "./actions";
import { addressOf } from "./content";
import { emptyDraft } from "./schema";
import { getState } from "./store";
import { attach } from "./uploads";

interface Copy {
  readonly file: File;
  readonly waveform: Uint8Array<ArrayBuffer> | null;
}

/**
 * Append the text and files of a message to the draft with this key. A message may name only
 * files * of its sender, so those of another user are downloaded and attached as new ones. False,
 * with the * draft unchanged, if one of them could not be downloaded.
 */
export async function forward(message: Message, key: string): Promise<boolean> {
  const mine = message.sender_id === getState().me?.id;
  let copies: readonly Copy[];
  try {
    copies = await Promise.all(mine ? [] : message.files.map(download));
  } catch {
    return false;
  }
  const draft = getState().drafts[key] ?? emptyDraft(key);
  await saveDraft({
    ...draft,
    text: [draft.text, message.body].filter(Boolean).join("\n"),
    files: mine ? eachOnce([...draft.files, ...message.files]) : draft.files,
  });
  for (const { file, waveform } of copies) await attach(key, [file], waveform);
  return true;
}

/** Download a content. Rejects if the server does not send it. */
async function download({ url, name, type, waveform }: FileInfo): Promise<Copy> {
  const response = await fetch(await addressOf(url));
  if (!response.ok) throw new Error(`the content of a file was answered with ${response.status}`);
  return {
    file: new File([await response.blob()], name, { type }),
    waveform: waveform ? Uint8Array.from(atob(waveform), (each) => each.charCodeAt(0)) : null,
  };
}
