/** The sound that plays, and the position in each sound. */

import { useSyncExternalStore } from "react";
import { addressOf, forgetAddress, keepSound } from "../state/content";
import { readPreference, writePreference } from "../state/preferences";
import { onUserChange } from "../state/store";
import { playAlone } from "./one-at-a-time";

export interface Sound {
  readonly id: string;
  readonly url: string;
  /** Seconds; 0 if unknown. */
  readonly length: number;
}

export interface Progress {
  readonly playing: boolean;
  /** Seconds. */
  readonly time: number;
  readonly failed: boolean;
}

export const RATES = [1, 1.5, 2];
const BEGINNING: Progress = { playing: false, time: 0, failed: false };
/** The positions in sounds, kept over a reload of this tab. */
const PLAYED = "backchannel.played";

const progress = new Map<string, Progress>(recalled());
const listeners = new Set<() => void>();
const audio = new Audio();
let current: Sound | null = null;
/** A sound whose address was no longer valid is loaded once more. */
let retried = false;
/** A sound is about to play: the pause event of the one before does not concern it. */
let starting = false;
let frame = 0;

/** The position in a sound, and true while it plays. */
export function useProgress(id: string): Progress {
  return useSyncExternalStore(listen, () => progress.get(id) ?? BEGINNING);
}

export function useRate(): number {
  return useSyncExternalStore(listen, rate);
}

/** Play a sound from its position, and pause the current one. */
export async function play(sound: Sound): Promise<void> {
  if (current?.id !== sound.id) pause();
  current = sound;
  retried = false;
  change(sound.id, { playing: true, failed: false });
  await load(sound);
}

export function toggle(sound: Sound): void {
  if (progress.get(sound.id)?.playing) pause();
  else void play(sound);
}

export function pause(): void {
  audio.pause();
  if (current) change(current.id, { playing: false });
  remember();
}

/** Go to a position in a sound, in seconds; a playing one continues from there. */
export function seek(sound: Sound, to: number): void {
  const time = Math.min(Math.max(0, to), sound.length);
  change(sound.id, { time });
  if (current?.id === sound.id && audio.readyState > 0) audio.currentTime = time;
}

/** Play faster, or after the fastest rate at the normal one. */
export function nextRate(): void {
  const next = RATES[(RATES.indexOf(rate()) + 1) % RATES.length] ?? 1;
  writePreference("playbackRate", String(next));
  audio.playbackRate = next;
  notify();
}

async function load(sound: Sound): Promise<void> {
  starting = true;
  const address = await addressOf(sound.url);
  if (current !== sound) return;
  const { time, playing } = progress.get(sound.id) ?? BEGINNING;
  starting = playing;
  if (!playing) return; // paused meanwhile
  if (audio.getAttribute("src") !== address || retried) audio.src = address;
  audio.currentTime = time;
  audio.defaultPlaybackRate = rate();
  audio.playbackRate = rate();
  try {
    await audio.play();
  } catch {
    // Paused before it began; a failure to load is a separate event.
  } finally {
    starting = false;
  }
}

function failed(): void {
  if (!current) return;
  if (!retried && progress.get(current.id)?.playing) {
    retried = true;
    forgetAddress(current.url);
    void load(current);
  } else {
    change(current.id, { playing: false, failed: true });
  }
}

function ended(): void {
  if (!current) return;
  change(current.id, { playing: false, time: 0 });
  remember();
}

/** Update the position in each frame, so that the bars fill smoothly. */
function follow(): void {
  if (!current || audio.paused) return;
  change(current.id, { time: audio.currentTime });
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(follow);
}

audio.addEventListener("play", () => playAlone(audio));
audio.addEventListener("playing", () => {
  if (!current) return;
  change(current.id, { playing: true });
  void keepSound(current.url);
  follow();
});
audio.addEventListener("error", failed);
audio.addEventListener("ended", ended);
// A headset or another program can pause it as well.
audio.addEventListener("pause", () => {
  if (current && !audio.ended && !starting) change(current.id, { playing: false });
});
addEventListener("pagehide", remember);
onUserChange(() => {
  audio.pause();
  audio.removeAttribute("src");
  current = null;
  progress.clear();
  notify();
});

function rate(): number {
  const kept = Number(readPreference("playbackRate"));
  return RATES.includes(kept) ? kept : 1;
}

function change(id: string, fields: Partial<Progress>): void {
  progress.set(id, { ...BEGINNING, ...progress.get(id), ...fields });
  notify();
}

function notify(): void {
  for (const each of listeners) each();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function remember(): void {
  const played = [...progress]
    .filter(([, { time }]) => time > 0)
    .map(([id, { time }]) => [id, time]);
  try {
    sessionStorage.setItem(PLAYED, JSON.stringify(played));
  } catch {
    // Storage is forbidden or full: the position is kept until the page is closed.
  }
}

function recalled(): [string, Progress][] {
  try {
    const played = JSON.parse(sessionStorage.getItem(PLAYED) ?? "[]") as [string, number][];
    return played.map(([id, time]) => [id, { ...BEGINNING, time }]);
  } catch {
    return [];
  }
}
