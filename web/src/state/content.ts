/** Signed addresses of contents, for elements that cannot send a token. They expire. */

import type { FileInfo } from "backchannel-client";
import { useEffect, useState } from "react";
import { client } from "./client";

/** A signature is valid for at least 10 minutes, by the page's monotonic clock. */
const LIFE = 9 * 60_000;
const AT_ONCE = 100;
/** The most bytes of a sound to keep: several minutes of speech. */
const LONGEST_KEPT = 4_000_000;
/** The service worker keeps pictures here, by their addresses without a signature (`sw.ts`). */
const CACHE = "backchannel-media";
const ANY = { ignoreVary: true };

interface Signature {
  readonly query: string;
  readonly until: number;
}

const signatures = new Map<string, Signature>();
let gathering: { readonly ids: Set<string>; readonly done: Promise<void> } | null = null;

/** The address of a content that is still valid; null if it must be signed first. */
function signed(path: string): string | null {
  const found = signatures.get(idOf(path));
  return found && found.until > performance.now() ? path + found.query : null;
}

/**
 * The address of a content, for an element to load. Without a connection, it is the unsigned one,
 * which the service worker may have kept.
 */
export async function addressOf(path: string): Promise<string> {
  if (path.startsWith("blob:")) return path; // it is on this device
  const known = signed(path);
  if (known) return known;
  if (await isKept(path)) return path;
  await sign(idOf(path)).catch(() => {});
  return signed(path) ?? path;
}

/** A signature was refused: its login may have ended. */
export function forgetAddress(path: string): void {
  signatures.delete(idOf(path));
}

/** Keep a played sound, if it is short, so that it can be played without a connection. */
export async function keepSound(path: string): Promise<void> {
  const address = signed(path);
  if (!address || !navigator.serviceWorker?.controller || (await isKept(path))) return;
  try {
    const response = await fetch(address);
    const short = Number(response.headers.get("content-length")) <= LONGEST_KEPT;
    if (response.ok && short) await (await caches.open(CACHE)).put(path, response);
  } catch {
    // It is kept when it is played again.
  }
}

/** Remove the kept contents of these files, whose message has been deleted. */
export async function forgetContents(files: readonly FileInfo[]): Promise<void> {
  if (files.length === 0 || !("caches" in globalThis)) return;
  const cache = await caches.open(CACHE);
  const paths = files.flatMap(({ url, thumbnail_url }) => [url, thumbnail_url ?? url]);
  await Promise.all(paths.map((path) => cache.delete(path, ANY)));
}

/** Remove all contents at the end of a login. */
export async function forgetAllContents(): Promise<void> {
  signatures.clear();
  sessionStorage.clear();
  if ("caches" in globalThis) await caches.delete(CACHE);
}

/** All files of one turn of the event loop are signed by one request. */
function sign(id: string): Promise<void> {
  if (!gathering) {
    const ids = new Set<string>();
    const done = Promise.resolve().then(() => {
      gathering = null;
      return signAll([...ids]);
    });
    gathering = { ids, done };
  }
  gathering.ids.add(id);
  return gathering.done;
}

async function signAll(ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const until = performance.now() + LIFE;
    const { items } = await client.api.signUrls(ids.slice(from, from + AT_ONCE));
    for (const { file_id, url } of items) {
      signatures.set(file_id, { query: url.slice(url.indexOf("?")), until });
    }
  }
}

async function isKept(path: string): Promise<boolean> {
  if (!navigator.serviceWorker?.controller) return false;
  return (await caches.match(path, { ...ANY, cacheName: CACHE })) !== undefined;
}

/** `/v1/files/ID` and `/v1/files/ID/thumbnail` name the same file. */
function idOf(path: string): string {
  return path.split("/")[3] ?? "";
}

/**
 * The address of a content; null until there is one, or without a content. It stays the
 * same while it is shown; a new `attempt` signs it again.
 */
export function useContent(path: string | null, attempt = 0): string | null {
  const [found, setFound] = useState<Found | null>(null);
  const fits = found !== null && found.path === path && found.attempt === attempt;
  useEffect(() => {
    if (!path || fits) return;
    let wanted = true;
    void addressOf(path).then((address) => wanted && setFound({ path, attempt, address }));
    return () => {
      wanted = false;
    };
  }, [path, attempt, fits]);
  if (!path) return null;
  return fits ? found.address : signed(path);
}

interface Found {
  readonly path: string;
  readonly attempt: number;
  readonly address: string;
}

/** The address of a file on this device; null until there is one. */
export function useLocalContent(file: Blob | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => {
      setAddress(null);
      URL.revokeObjectURL(made);
    };
  }, [file]);
  return address;
}
