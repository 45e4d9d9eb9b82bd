/** The version of the page that this browser keeps, and the next one once there is one (W17). */

import { setState, useStore } from "./store";

const WORKER = "/sw.js";
/** Milliseconds between looks for a new version, for a page that is never closed. */
const LOOK_EVERY = 3_600_000;

let registration: ServiceWorkerRegistration | null = null;

/** Keep this version for the time without a network, and look for newer ones. */
export async function keepUpdated(): Promise<void> {
  if (!import.meta.env.PROD || !navigator.serviceWorker) return;
  // A browser in which storing is forbidden loads the page from the server each time.
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

/** Show the newest version that there is. */
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

/** The one address that this page may make a script of. */
function workerAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("backchannel", { createScriptURL: () => WORKER });
  return policy?.createScriptURL(WORKER) ?? WORKER;
}
