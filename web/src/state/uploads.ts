/** Files on their way to the server: kept on this device until a draft or a message has them (W8). */

import { ApiError, type FileInfo } from "backchannel-client";
import { t } from "../strings";
import { size } from "../ui/format";
import { saveDraft } from "./actions";
import { client } from "./client";
import { emptyDraft, type StoredUpload } from "./database";
import { database, tellTabs } from "./following";
import { getState, setState, type Upload, useStore } from "./store";

/** Attach files to the draft with this key; they are sent one after the other, in their order. */
export async function attach(key: string, files: Iterable<File>): Promise<void> {
  const now = Date.now();
  const added = [...files].map((file, index): StoredUpload => {
    return { id: crypto.randomUUID(), key, file, began: now + index, address: null };
  });
  const limit = getState().config?.file_limit ?? Number.POSITIVE_INFINITY;
  const shown = added.map((each): Upload => {
    const problem = each.file.size > limit ? t.tooLarge(size(limit)) : null;
    return { ...each, kept: false, progress: 0, problem };
  });
  setState(({ uploads }) => ({
    uploads: { ...uploads, ...Object.fromEntries(shown.map((each) => [each.id, each])) },
  }));
  for (const each of added) {
    if (each.file.size <= limit) await keep(each);
  }
  tellTabs({ say: "uploads" });
}

async function keep(upload: StoredUpload): Promise<void> {
  try {
    await database()?.keepUpload(upload);
    change(upload.id, { kept: true });
  } catch {
    change(upload.id, { problem: t.noRoom });
  }
}

export async function cancelUpload({ id }: Upload): Promise<void> {
  forget(id);
  const stored = await database()?.forgetUpload(id);
  tellTabs({ say: "uploads" });
  // What could not be cancelled is dropped by the server after a day.
  if (stored?.address) await client.api.cancelUpload(stored.address).catch(() => {});
}

function forget(id: string): void {
  setState(({ uploads: { [id]: _, ...uploads } }) => ({ uploads }));
}

function change(id: string, fields: Partial<Pick<Upload, "kept" | "progress" | "problem">>): void {
  const old = getState().uploads[id];
  if (!old) return;
  setState(({ uploads }) => ({ uploads: { ...uploads, [id]: { ...old, ...fields } } }));
  tellTabs({ say: "upload", id, fields });
}

function next(): Upload | undefined {
  return Object.values(getState().uploads)
    .filter((each) => each.kept && each.problem === null)
    .sort((one, other) => one.began - other.began)[0];
}

let working = false;
let running: { readonly id: string; readonly cancelling: AbortController } | null = null;

/** One tab sends; when it closes, another goes on from where the server is. */
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
    const stored = await database()?.upload(upload.id);
    // The tab that had the turn before may have finished it.
    if (stored) await send(stored);
    else forget(upload.id);
  }
}

async function send(upload: StoredUpload): Promise<void> {
  const { id, file, address } = upload;
  const cancelling = new AbortController();
  running = { id, cancelling };
  try {
    const info = await client.upload(file, file.name || "file", {
      address,
      signal: cancelling.signal,
      onBegun: (begun) => void database()?.placeUpload(id, begun),
      onProgress: (bytes) => change(id, { progress: bytes / file.size }),
    });
    if (!cancelling.signal.aborted) await finish(upload, info);
  } catch (error) {
    if (!cancelling.signal.aborted) change(id, { problem: problemOf(error) });
  } finally {
    running = null;
  }
}

async function finish({ id, key }: StoredUpload, info: FileInfo): Promise<void> {
  const draft = getState().drafts[key] ?? emptyDraft(key);
  const others = draft.files.filter((each) => each.id !== info.id);
  await saveDraft({ ...draft, files: [...others, info] });
  await database()?.forgetUpload(id);
  forget(id);
  tellTabs({ say: "uploads" });
}

function problemOf(error: unknown): string {
  return error instanceof ApiError && error.message ? error.message : t.uploadFailed;
}

useStore.subscribe(({ uploads }, before) => {
  if (uploads === before.uploads) return;
  if (running && !uploads[running.id]) running.cancelling.abort();
  void work();
});
