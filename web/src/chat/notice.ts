/** The text of notifications, and the conditions for showing them. */

import type { Conversation } from "backchannel-client";
import { now } from "../state/clock";
import { isMuted } from "../state/conversation-settings";
import { readPreference } from "../state/preferences";
import { t } from "../strings";
import { nameOf, previewOf } from "./names";
import { lockOf } from "./notifications";

/** Milliseconds; an older message was missed without a connection. */
const FRESH = 60_000;

/** A notification for the service worker to show; a click opens `path`. */
export interface Notice {
  readonly type: "notify";
  readonly title: string;
  readonly body: string;
  readonly path: string;
  /** Without the device's sound. */
  readonly silent: boolean;
}

/** Show a notification, with the chosen sound, or the device's if the page may not play one yet. */
export async function show(notice: Omit<Notice, "type" | "silent">): Promise<void> {
  void import("./sounds").then(({ playSound }) => playSound()).catch(() => {}); // shown even without
  const registration = await navigator.serviceWorker?.getRegistration();
  const silent =
    readPreference("sound") === "none" || navigator.userActivation?.hasBeenActive !== false;
  registration?.active?.postMessage({ type: "notify", silent, ...notice } satisfies Notice);
}

/** Notify of the last message of a conversation, unless the user sees it or has muted it. */
export async function notifyOf(conversation: Conversation, myId: string): Promise<void> {
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

/** True in the quiet hours, which may include midnight. */
function isQuiet(): boolean {
  if (readPreference("quietHours") !== "yes") return false;
  const [from, until] = [readPreference("quietFrom"), readPreference("quietUntil")];
  const time = new Date(now()).toTimeString().slice(0, 5);
  return from <= until ? from <= time && time < until : from <= time || time < until;
}

async function isLookedAt(path: string): Promise<boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some((each) => each.name === lockOf(path));
}
