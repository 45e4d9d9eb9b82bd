/** The microphone, and the recording that is being made or played (rule W9). */

import { create } from "zustand";
import { getState as getPage } from "../state/store";
import { forgetPieces, keepPiece, lockRecording, piecesOf } from "./recording-store";
import { loudness } from "./waveform";

export type Problem =
  | "denied"
  | "missing"
  | "busy"
  | "insecure"
  | "lost"
  | "long"
  | "unkept"
  | "unsent";

/** True if this tab has a draft's recording; otherwise there is none, or another tab has it. */
export type Found = "here" | "none" | "elsewhere";

export interface Recording {
  /** `waiting` for the microphone; `stopped` when nothing more can be added. */
  readonly phase: "none" | "waiting" | "recording" | "paused" | "stopped";
  readonly samples: readonly number[];
  readonly problem: Problem | null;
  /** The playable recording; null while it grows. */
  readonly content: Blob | null;
}

const NONE: Recording = { phase: "none", samples: [], problem: null, content: null };
/** Milliseconds between two samples of the loudness. */
export const SAMPLE = 50;
/** Milliseconds after which recorded sound is on disk. */
const PIECE = 1_000;
const LONGEST = 60 * 60_000;
const BITS = 32_000;
/** In order of preference; each browser supports one of them. */
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export const useRecording = create<Recording>(() => NONE);
const { getState, setState } = useRecording;

interface Running {
  readonly key: string;
  readonly recorder: MediaRecorder;
  readonly stream: MediaStream;
  readonly context: AudioContext;
  readonly timer: ReturnType<typeof setInterval>;
}

let running: Running | null = null;
let pieces: Blob[] = [];
/** The first sample that is not in a piece yet. */
let kept = 0;
let storing: Promise<unknown> = Promise.resolve();
/** The time at which it was begun or continued, and the number of samples then. */
let since = 0;
let paused = 0;
/** The number of the latest attempt: the microphone of an older one is released. */
let latestAttempt = 0;
/** The draft whose recording no other tab may touch. */
let held: { readonly key: string; readonly letGo: () => void } | null = null;

/** Record into the draft with this key. */
export async function begin(key: string): Promise<Found> {
  const attempt = ++latestAttempt;
  reset();
  setState({ ...NONE, phase: "waiting" });
  if (!(await acquire(key, attempt))) return "elsewhere";
  await listen(key, attempt);
  return "here";
}

async function listen(key: string, attempt: number): Promise<void> {
  if (!navigator.mediaDevices || !("MediaRecorder" in globalThis)) return fail("insecure");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (attempt !== latestAttempt) return release(stream);
    await forgetPieces(userId(), key).catch(() => {});
    run(key, stream);
  } catch (error) {
    if (attempt === latestAttempt) fail(problemOf(error));
  }
}

/** Show what was recorded before a reload or in another visit. */
export async function restore(key: string): Promise<Found> {
  const attempt = ++latestAttempt;
  reset();
  setState(NONE);
  if (!(await acquire(key, attempt))) return "elsewhere";
  const found = await piecesOf(userId(), key).catch(() => []);
  if (found.length === 0) return "none";
  if (attempt !== latestAttempt) return "here";
  pieces = found.map((each) => each.content);
  const samples = found.flatMap((each) => each.samples);
  setState({ phase: "stopped", samples, problem: null, content: whole() });
  return "here";
}

/** Lock the draft's recording for this tab; false if another tab has it. */
async function acquire(key: string, attempt: number): Promise<boolean> {
  if (held?.key === key) return true;
  const letGo = await lockRecording(userId(), key);
  if (letGo === null) return false;
  if (attempt === latestAttempt) {
    held?.letGo();
    held = { key, letGo };
  } else {
    letGo();
  }
  return true;
}

/** End the recording, and release it for other tabs. */
export async function leave(): Promise<void> {
  const stopped = stop();
  const attempt = latestAttempt;
  await stopped;
  if (attempt !== latestAttempt) return;
  held?.letGo();
  held = null;
}

/** Show that the recording could not be sent; it is kept. */
export function notSent(): void {
  setState({ problem: "unsent" });
}

export async function pause(): Promise<void> {
  const { recorder } = running ?? {};
  if (recorder?.state !== "recording") return;
  recorder.pause();
  setState({ phase: "paused" });
  await nextPiece(recorder, () => recorder.requestData());
  if (getState().phase === "paused") setState({ content: whole() });
}

export function resume(): void {
  if (running?.recorder.state !== "paused") return;
  running.recorder.resume();
  since = performance.now();
  paused = getState().samples.length;
  setState({ phase: "recording", content: null });
}

/** End the recording and store it. */
export async function stop(problem: Problem | null = null): Promise<void> {
  latestAttempt += 1;
  const ending = running;
  if (!ending) return;
  running = null;
  const { recorder, stream, context, timer } = ending;
  clearInterval(timer);
  if (recorder.state !== "inactive") await nextPiece(recorder, () => recorder.stop());
  release(stream);
  void context.close();
  await storing;
  setState((state) => ({
    phase: "stopped",
    content: whole(),
    problem: problem ?? state.problem,
  }));
}

/** Delete the recording of a draft. */
export async function discard(key: string): Promise<void> {
  if (held?.key === key) await stop();
  if (held?.key === key) {
    // Otherwise the recording of another draft has replaced it.
    reset();
    setState(NONE);
  }
  await forgetPieces(userId(), key).catch(() => {});
}

function run(key: string, stream: MediaStream): void {
  const mimeType = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
  const recorder = new MediaRecorder(stream, {
    ...(mimeType && { mimeType }),
    audioBitsPerSecond: BITS,
  });
  recorder.addEventListener("dataavailable", ({ data }) => keep(key, data));
  for (const track of stream.getTracks()) track.addEventListener("ended", () => void stop("lost"));
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const timer = setInterval(() => {
    if (recorder.state === "recording") measure(analyser);
  }, SAMPLE);
  running = { key, recorder, stream, context, timer };
  recorder.start(PIECE);
  since = performance.now();
  setState({ phase: "recording" });
}

/** Add missing samples up to now: browsers call the timers of a hidden page less often. */
function measure(analyser: AnalyserNode): void {
  const wave = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(wave);
  const { samples } = getState();
  const missing = Math.floor((performance.now() - since) / SAMPLE) - (samples.length - paused);
  if (missing <= 0) return;
  const level = loudness(wave);
  setState({ samples: [...samples, ...Array.from({ length: missing }, () => level)] });
  if (samples.length * SAMPLE >= LONGEST) void stop("long");
}

function keep(key: string, content: Blob): void {
  if (content.size === 0) return;
  const number = pieces.push(content);
  const { samples } = getState();
  const piece = { key, number, content, samples: samples.slice(kept) };
  kept = samples.length;
  storing = storing
    .then(() => keepPiece(userId(), piece))
    .catch(() => setState({ problem: "unkept" }));
}

/** Resolves once the recorder has given the piece that `ask` requests. */
function nextPiece(recorder: MediaRecorder, ask: () => void): Promise<void> {
  return new Promise((done) => {
    recorder.addEventListener("dataavailable", () => done(), { once: true });
    ask();
  });
}

function whole(): Blob {
  return new Blob(pieces, { type: pieces[0]?.type.split(";")[0] ?? "" });
}

function fail(problem: Problem): void {
  setState({ ...NONE, problem });
}

function problemOf(error: unknown): Problem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "missing" : "busy";
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function reset(): void {
  pieces = [];
  kept = 0;
  paused = 0;
}

function userId(): string {
  return getPage().me?.id ?? "";
}
