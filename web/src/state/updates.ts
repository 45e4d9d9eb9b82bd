/** The version of the page that this browser keeps, and updates to it (W17). */

import { setState, useStore } from "./store";

const WORKER = "/sw.js";
/** Milliseconds between checks for a new version, for a page that is never closed. */
const LOOK_EVERY = 3_600_000;

let registration: ServiceWorkerRegistration | null = null;

/** Keep this version for use without a network, and check for newer ones. */
export async function keepUpdated(): Promise<void> {
  if (!import.meta.env.PROD || !navigator.serviceWorker) return;
  // If the browser forbids storage, it loads the page from the server each time.
  registration = await navigator.serviceWorker.register(workerAddress()).catch(() => null);
  registration?.addEventListener("updatefound", watchInstalling);
  watchInstalling();
  offer();
  setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
  useStore.subscribe(({ link }, before) => {
    if (link === "online" && before.link !== "online") look(); // the server may have been replaced
  });
}

/** Show the newest version. */
export function update(): void {
  const waiting = registration?.waiting;
  if (!waiting) {
    location.reload();
    return;
  }
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  waiting.postMessage("update");
}

function watchInstalling(): void {
  registration?.installing?.addEventListener("statechange", offer);
}

function offer(): void {
  if (registration?.waiting && navigator.serviceWorker.controller) setState({ updateReady: true });
}

function look(): void {
  if (document.visibilityState === "visible") registration?.update().catch(() => {});
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

/** The only address from which this page may load a script. */
function workerAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("backchannel", { createScriptURL: () => WORKER });
  return policy?.createScriptURL(WORKER) ?? WORKER;
}
