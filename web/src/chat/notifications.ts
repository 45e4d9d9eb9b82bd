/** Notifications of messages in conversations that are not in view (rule W13). */

import { useEffect } from "react";
import { ownsConnection } from "../state/following";
import { readPreference } from "../state/preferences";
import { type State, useStore } from "../state/store";
import { go, usePath } from "../ui/location";

const notice = () => import("./notice");

/** Notify of new messages, lock the conversation in view, and open clicked notifications. */
export function useNotifications(): void {
  const path = usePath();
  useEffect(() => {
    notice().catch(() => {}); // loaded again when it is needed
    return useStore.subscribe(notify);
  }, []);
  useEffect(() => lookAt(path), [path]);
  useEffect(() => {
    const opened = ({ data }: MessageEvent) => data?.type === "open" && go(data.path);
    navigator.serviceWorker?.addEventListener("message", opened);
    return () => navigator.serviceWorker?.removeEventListener("message", opened);
  }, []);
}

/** One tab notifies for all. */
function notify({ conversations, me }: State, before: State): void {
  if (conversations === before.conversations || readPreference("notifications") !== "yes") return;
  if (!ownsConnection()) return;
  for (const each of Object.values(conversations)) {
    const old = before.conversations[each.id];
    if (each !== old && each.last_seq > (old?.last_seq ?? 0)) {
      notice().then(
        ({ notifyOf }) => notifyOf(each, me?.id ?? ""),
        () => {}, // the list and the title show it as well
      );
    }
  }
}

export const lockOf = (path: string) => `backchannel-looking-at-${path}`;

/** A tab that has the focus holds a lock, which ends with the tab. */
function lookAt(path: string): () => void {
  let release: (() => void) | null = null;
  const change = () => {
    release?.();
    release = null;
    if (!document.hasFocus()) return;
    const ended = new Promise<void>((done) => {
      release = done;
    });
    void navigator.locks?.request(lockOf(path), { mode: "shared" }, () => ended);
  };
  change();
  addEventListener("focus", change);
  addEventListener("blur", change);
  return () => {
    removeEventListener("focus", change);
    removeEventListener("blur", change);
    release?.();
  };
}
