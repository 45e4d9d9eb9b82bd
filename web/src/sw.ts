/**
 * The service worker: it serves the version that this browser has, with or without a network, until
 * the user asks for the next one (rule W17). `build/precache.ts` fills in what belongs to a version.
 */

declare const self: ServiceWorkerGlobalScope;
/** A hash over all files, and their addresses. */
declare const __VERSION__: string;
declare const __FILES__: readonly string[];

const PREFIX = "backchannel-page-";
const CACHE = PREFIX + __VERSION__;
/** Addresses that show the page; all others are the server's. */
const PAGE = /^\/(?:sign-in|sign-up|settings|(?:c|to|settings|invite)\/[^/]+)?$/;
const IMMUTABLE = "/assets/";

self.addEventListener("install", (event) => event.waitUntil(fetchVersion()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("message", (event) => {
  if (event.data === "update") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  const path = mode === "navigate" && PAGE.test(pathname) ? "/" : pathname;
  if (path === "/" || __FILES__.includes(path) || path.startsWith(IMMUTABLE)) {
    event.respondWith(serve(path, event.request));
  }
});

/** Keep every file of this version; all or nothing. */
async function fetchVersion(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(__FILES__.map(async (path) => cache.put(path, await fetchFile(path))));
}

async function fetchFile(path: string): Promise<Response> {
  const immutable = path.startsWith(IMMUTABLE);
  const held = immutable ? await caches.match(path, { ignoreVary: true }) : undefined;
  if (held) return held;
  const response = await fetch(path, { cache: immutable ? "default" : "reload" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

/** The version before stays too: pages that still show it may load parts of it. */
async function begin(): Promise<void> {
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const before = ours.filter((name) => name !== CACHE).at(-1);
  const old = ours.filter((name) => name !== CACHE && name !== before);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function serve(path: string, request: Request): Promise<Response> {
  const own = await (await caches.open(CACHE)).match(path, { ignoreVary: true });
  return own ?? (await caches.match(path, { ignoreVary: true })) ?? fetch(request);
}

export {}; // a module to the compiler, so that its names are its own
