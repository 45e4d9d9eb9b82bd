/** Uploads: files are kept on this device until a draft or a message has them (W8). */

import { ApiError, type FileInfo } from "backchannel-client";
import { t } from "../strings";
import { size } from "../ui/format";
import { saveDraft, sendFile } from "./actions";
import { client } from "./client";
import { isFull, noteFull } from "./device-storage";
import { database, ownsConnection, postToTabs } from "./following";
import { emptyDraft, type StoredUpload } from "./schema";
import { getState, type State, setState, type Upload, useStore } from "./store";

/** The most files that the server accepts in one message, if that is known. */
export const mostFiles = ({ config }: Pick<State, "config">): number =>
  config?.files_per_message ?? Number.POSITIVE_INFINITY;

/**
 * Attach files to the draft with this key; they are sent one after the other, in their order. False
 * if one is too large, one too many, or cannot be kept.
 */
export async function attach(
  key: string,
  files: Iterable<File>,
  waveform: StoredUpload["waveform"] | null = null,
): Promise<boolean> {
  const now = Date.now();
  const added = [...files].map((file, index): StoredUpload => {
    const began = now + index;
    return {
      ...{ id: crypto.randomUUID(), key, file, began, address: null },
      ...(waveform && { waveform }),
    };
  });
  const limit = getState().config?.file_limit ?? Number.POSITIVE_INFINITY;
  const most = mostFiles(getState());
  let count = countOf(key);
  const shown = added.map((each): Upload => {
    let problem: string | null = null;
    if (each.file.size > limit) problem = t.tooLarge(size(limit));
    else if (++count > most) problem = t.tooManyFiles(most);
    return { ...each, kept: false, progress: 0, problem };
  });
  setState(({ uploads }) => ({
    uploads: { ...uploads, ...Object.fromEntries(shown.map((each) => [each.id, each])) },
  }));
  for (const [index, each] of added.entries()) {
    if (!shown[index]?.problem) await keep(each);
  }
  postToTabs({ type: "uploads" });
  const { uploads } = getState();
  return added.every(({ id }) => !uploads[id]?.problem);
}

/** The number of files that a draft has, and of its uploads. */
function countOf(key: string): number {
  const { drafts, uploads } = getState();
  const coming = Object.values(uploads).filter(
    (each) => each.key === key && !each.voice && each.problem === null,
  );
  return (drafts[key]?.files.length ?? 0) + coming.length;
}

/** Uploads that only this page has: the device had no room for them. */
const unkept = new Map<string, StoredUpload>();

/**
 * Send a voice message once it is uploaded. Without room on the device, it is sent from memory,
 * but rejects in a tab that does not own the connection.
 */
export async function sendVoice(
  key: string,
  content: Blob,
  voice: NonNullable<StoredUpload["voice"]>,
): Promise<void> {
  const name = `${t.voiceMessage}.${content.type.split("/")[1]}`;
  const file = new File([content], name, { type: content.type });
  const upload = { id: crypto.randomUUID(), key, file, began: Date.now(), address: null, voice };
  try {
    await database()?.keepUpload(upload);
  } catch (error) {
    if (!isFull(error)) throw error;
    noteFull();
    if (!ownsConnection()) throw error;
    unkept.set(upload.id, upload);
  }
  const shown = { ...upload, kept: !unkept.has(upload.id), progress: 0, problem: null };
  setState(({ uploads }) => ({ uploads: { ...uploads, [upload.id]: shown } }));
  postToTabs({ type: "uploads" });
  const draft = getState().drafts[key]; // the current draft, which may have other files by now
  if (draft) await saveDraft({ ...draft, reply_to: null });
}

/** Store an upload; without room on the device, it is sent from this page only. */
async function keep(upload: StoredUpload): Promise<void> {
  try {
    await database()?.keepUpload(upload);
    change(upload.id, { kept: true });
  } catch (error) {
    if (!isFull(error)) return change(upload.id, { problem: t.uploadFailed });
    noteFull();
    unkept.set(upload.id, upload);
    change(upload.id, { kept: false });
  }
}

export async function cancelUpload({ id }: Upload): Promise<void> {
  forget(id);
  const stored = await database()?.forgetUpload(id);
  postToTabs({ type: "uploads" });
  // An upload that could not be cancelled is dropped by the server after a day.
  if (stored?.address) await client.api.cancelUpload(stored.address).catch(() => {});
}

function forget(id: string): void {
  unkept.delete(id);
  setState(({ uploads: { [id]: _, ...uploads } }) => ({ uploads }));
}

function change(id: string, fields: Partial<Pick<Upload, "kept" | "progress" | "problem">>): void {
  const old = getState().uploads[id];
  if (!old) return;
  setState(({ uploads }) => ({ uploads: { ...uploads, [id]: { ...old, ...fields } } }));
  postToTabs({ type: "upload", id, fields });
}

function next(): Upload | undefined {
  return Object.values(getState().uploads)
    .filter((each) => (each.kept || unkept.has(each.id)) && each.problem === null)
    .sort((one, other) => one.began - other.began)[0];
}

let working = false;
let running: { readonly id: string; readonly cancelling: AbortController } | null = null;

/** One tab uploads; when it closes, another continues from the server's offset. */
async function work(): Promise<void> {
  const userId = getState().me?.id;
  if (working || !userId || !next()) return;
  working = true;
  try {
    if (navigator.locks) await navigator.locks.request(`backchannel-uploads-${userId}`, sendAll);
    else await sendAll();
  } finally {
    working = false;
  }
  if (next()) void work();
}

async function sendAll(): Promise<void> {
  for (let upload = next(); upload; upload = next()) {
    const stored = unkept.get(upload.id) ?? (await database()?.upload(upload.id));
    // The tab that was uploading before may have finished it.
    if (stored) await send(stored);
    else forget(upload.id);
  }
}

async function send(upload: StoredUpload): Promise<void> {
  const { id, file, address, voice, waveform = voice?.waveform } = upload;
  const cancelling = new AbortController();
  running = { id, cancelling };
  try {
    const info = await client.upload(file, file.name || "file", {
      address,
      signal: cancelling.signal,
      ...(waveform && { waveform }),
      onBegun: (begun) => void database()?.placeUpload(id, begun),
      onProgress: (bytes) => change(id, { progress: bytes / file.size }),
    });
    if (!cancelling.signal.aborted) await finish(upload, info);
  } catch (error) {
    const problem = await problemOf(error);
    if (!cancelling.signal.aborted) change(id, { problem });
  } finally {
    running = null;
  }
}

async function finish({ id, key, voice }: StoredUpload, info: FileInfo): Promise<void> {
  if (voice) {
    // Its id makes it one message, even if this is repeated.
    await sendFile(key, info, { clientId: id, replyTo: voice.replyTo });
  } else {
    const draft = getState().drafts[key] ?? emptyDraft(key);
    const others = draft.files.filter((each) => each.id !== info.id);
    const saved = saveDraft({ ...draft, files: [...others, info] });
    forget(id); // in the same turn, so that the file is never shown twice
    await saved;
  }
  await database()?.forgetUpload(id);
  forget(id);
  postToTabs({ type: "uploads" });
}

async function problemOf(error: unknown): Promise<string> {
  if (isFull(error)) return t.noRoomInThisTab;
  if (!(error instanceof ApiError)) return t.uploadFailed;
  if (error.status === 0) return t.unreachable;
  return (await import("../strings/refusals")).refusalText(error);
}

useStore.subscribe(({ uploads }, before) => {
  if (uploads === before.uploads) return;
  if (running && !uploads[running.id]) running.cancelling.abort();
  void work();
});
void work(); // uploads of an earlier page may have been loaded before this module
