/** Notifications of messages that arrive in a conversation nobody is looking at (rule W13). */

import type { Conversation } from "backchannel-client";
import { useEffect } from "react";
import { now } from "../state/clock";
import { isMuted } from "../state/conversation-settings";
import { ownsConnection } from "../state/following";
import { readPreference } from "../state/preferences";
import { type State, useStore } from "../state/store";
import { t } from "../strings";
import { go, usePath } from "../ui/location";
import { nameOf, previewOf } from "./names";

/** Milliseconds: an older message was missed while there was no connection. */
const FRESH = 60_000;

/** What the service worker shows; `path` is opened by a click. */
export interface Notice {
  readonly type: "notify";
  readonly title: string;
  readonly body: string;
  readonly path: string;
  /** Without the device's sound. */
  readonly silent: boolean;
}

/** Notify of what arrives, hold the lock of what is looked at, and open what is clicked. */
export function useNotifications(): void {
  const path = usePath();
  useEffect(() => useStore.subscribe(notify), []);
  useEffect(() => lookAt(path), [path]);
  useEffect(() => {
    const opened = ({ data }: MessageEvent) => data?.type === "open" && go(data.path);
    navigator.serviceWorker?.addEventListener("message", opened);
    return () => navigator.serviceWorker?.removeEventListener("message", opened);
  }, []);
}

/** Show a notification, with the chosen sound, or the device's if the page may not play one yet. */
export async function show(notice: Omit<Notice, "type" | "silent">): Promise<void> {
  void import("./sounds").then(({ playSound }) => playSound()).catch(() => {}); // it is shown anyway
  const registration = await navigator.serviceWorker?.getRegistration();
  const silent =
    readPreference("sound") === "none" || navigator.userActivation?.hasBeenActive !== false;
  registration?.active?.postMessage({ type: "notify", silent, ...notice } satisfies Notice);
}

/** One tab notifies for all. */
function notify({ conversations, me }: State, before: State): void {
  if (conversations === before.conversations || readPreference("notifications") !== "yes") return;
  if (!ownsConnection()) return;
  for (const each of Object.values(conversations)) {
    const old = before.conversations[each.id];
    if (each !== old && each.last_seq > (old?.last_seq ?? 0)) void notifyOf(each, me?.id ?? "");
  }
}

async function notifyOf(conversation: Conversation, myId: string): Promise<void> {
  const { last_message: message, settings, request } = conversation;
  if (!message || message.sender_id === myId || message.deleted_at !== null) return;
  if (request || settings.archived || isMuted(conversation) || isQuiet()) return;
  if (now() - Date.parse(message.created_at) > FRESH) return;
  const path = `/c/${conversation.id}`;
  if (await isLookedAt(path)) return;
  const texts = readPreference("notificationTexts") === "yes";
  const body = texts ? previewOf(message).text : t.newMessages(1);
  await show({ title: nameOf(conversation), body, path });
}

/** True in the quiet hours, which may pass midnight. */
function isQuiet(): boolean {
  if (readPreference("quietHours") !== "yes") return false;
  const [from, until] = [readPreference("quietFrom"), readPreference("quietUntil")];
  const time = new Date(now()).toTimeString().slice(0, 5);
  return from <= until ? from <= time && time < until : from <= time || time < until;
}

const lockOf = (path: string) => `backchannel-looking-at-${path}`;

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

async function isLookedAt(path: string): Promise<boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some((each) => each.name === lockOf(path));
}
