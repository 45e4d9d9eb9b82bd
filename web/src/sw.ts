/**
 * The service worker: it serves the version that this browser has, with or without a network, until
 * the user asks for the next one (rule W17). `build/precache.ts` adds the files of a version.
 */

import type { Notice } from "./chat/notice";

declare const self: ServiceWorkerGlobalScope;
/** A hash over all files, and their addresses. */
declare const __VERSION__: string;
declare const __FILES__: readonly string[];

const PREFIX = "backchannel-page-";
const CACHE = PREFIX + __VERSION__;
/** Addresses that show the page; all others go to the server. */
const PAGE = /^\/(?:sign-in|sign-up|settings|(?:c|to|settings|invite)\/[^/]+)?$/;
const IMMUTABLE = "/assets/";
/** The contents of files, which never change. */
const MEDIA = "backchannel-media";
const CONTENT = /^\/v1\/files\/[^/]+(?:\/thumbnail)?$/;
/** Kept contents, each without the signature in its address. */
const KEPT = 300;

self.addEventListener("install", (event) => event.waitUntil(fetchVersion()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("message", (event) => {
  if (event.data === "update") void self.skipWaiting();
  else if (event.data?.type === "notify") event.waitUntil(notify(event.data));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage(event.notification.data));
});
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (event.request.destination === "image" && CONTENT.test(pathname)) {
    event.respondWith(servePicture(pathname, event));
    return;
  }
  if (event.request.destination === "audio" && CONTENT.test(pathname)) {
    event.respondWith(serveSound(pathname, event.request));
    return;
  }
  const path = mode === "navigate" && PAGE.test(pathname) ? "/" : pathname;
  if (path === "/" || __FILES__.includes(path) || path.startsWith(IMMUTABLE)) {
    event.respondWith(serve(path, event.request));
  }
});

/** Show a notification, which replaces an earlier one of the conversation. */
async function notify({ title, body, path, silent }: Notice): Promise<void> {
  const options = { body, tag: path, data: path, icon: "/app-icon.svg", silent };
  await self.registration.showNotification(title, options);
}

async function openPage(path: string): Promise<void> {
  const [page] = await self.clients.matchAll({ type: "window" });
  if (!page) {
    await self.clients.openWindow(path);
    return;
  }
  page.postMessage({ type: "open", path });
  await page.focus();
}

/** Keep every file of this version, or none. */
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

/** Also keep the previous version: pages that still show it may load parts of it. */
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

/** Serve pictures that have been seen, even without a network. */
async function servePicture(path: string, event: FetchEvent): Promise<Response> {
  const cache = await caches.open(MEDIA);
  const held = await cache.match(path, { ignoreVary: true });
  if (held) return held;
  const response = await fetch(event.request);
  if (response.status === 200) event.waitUntil(keepPicture(cache, path, response.clone()));
  return response;
}

async function keepPicture(cache: Cache, path: string, response: Response): Promise<void> {
  await cache.put(path, response);
  const kept = await cache.keys();
  const oldest = kept.slice(0, Math.max(0, kept.length - KEPT));
  await Promise.all(oldest.map((each) => cache.delete(each)));
}

/** Serve a kept sound, of which players request parts. */
async function serveSound(path: string, request: Request): Promise<Response> {
  const held = await (await caches.open(MEDIA)).match(path, { ignoreVary: true });
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (!held || !range) return held ?? fetch(request);
  const content = await held.blob();
  const first = Number(range[1]);
  const last = Math.min(range[2] ? Number(range[2]) : content.size, content.size - 1);
  return new Response(content.slice(first, last + 1, content.type), {
    status: 206,
    headers: {
      "content-range": `bytes ${first}-${last}/${content.size}`,
      "accept-ranges": "bytes",
      "content-type": content.type,
    },
  });
}
