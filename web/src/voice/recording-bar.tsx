import { useEffect, useMemo, useRef } from "react";
import { saveDraft, showToast } from "../state/actions";
import { useLocalContent } from "../state/content";
import { isFull } from "../state/device-storage";
import { emptyDraft } from "../state/schema";
import { getState } from "../state/store";
import { t } from "../strings";
import "../styles/recording.css";
import "../styles/voice.css";
import { announce } from "../ui/announcer";
import { length } from "../ui/format";
import { Icon } from "../ui/icon";
import { Level } from "./level";
import { playAlone } from "./one-at-a-time";
import { pause as pausePlayback } from "./playback";
import { PlayButton, Position } from "./player";
import {
  begin,
  discard,
  leave,
  notSent,
  type Problem,
  pause,
  restore,
  resume,
  SAMPLE,
  stop,
  useRecording,
} from "./recorder";
import type { Mode, VoiceDraft } from "./use-recorder";
import { peaks } from "./waveform";

interface Props {
  readonly draft: VoiceDraft;
  readonly mode: Mode;
  /** The finger's progress towards cancelling, 0 to 1. */
  readonly slid: number;
  readonly onMode: (mode: Mode | null) => void;
}

/** Milliseconds; a shorter recording is not sent. */
const SHORTEST = 700;

/** A recording in place of the field: record, play, send or discard it. */
export default function RecordingBar({ draft, mode, slid, onMode }: Props) {
  const { phase, samples, problem } = useRecording();
  const work = useWork(draft, onMode);
  const bar = useRef<HTMLDivElement>(null);
  useVisit(draft, onMode);
  useEffect(() => {
    if (phase === "recording") announce(t.recording);
  }, [phase]);
  useEffect(() => {
    if (mode === "cancelling") work.discard();
    // The browser's question for the microphone has ended the touch.
    if (mode === "sending" && phase === "waiting") onMode("free");
    else if (mode === "sending") work.send();
  }, [mode, phase, work, onMode]);
  useEffect(() => {
    if (mode === "free") bar.current?.focus();
  }, [mode]);
  const held = mode === "held";
  const sendable = phase === "recording" || phase === "paused" || phase === "stopped";
  return (
    <div
      className="recorder"
      id="message-field"
      role="group"
      aria-label={t.recording}
      tabIndex={-1}
      ref={bar}
    >
      {!held && (
        <button
          className="icon-btn"
          type="button"
          aria-label={problem && !sendable ? t.close : t.discardRecording}
          onClick={work.discard}
        >
          <Icon name={problem && !sendable ? "close" : "trash"} />
        </button>
      )}
      <div className="recording" data-phase={phase}>
        {phase === "recording" && (
          <>
            <span className="recording__dot" />
            <time>{lengthOf(samples)}</time>
            <Level samples={samples} />
            {held ? <SlideHint slid={slid} /> : <PauseButton />}
          </>
        )}
        {(phase === "paused" || phase === "stopped") && <Preview draft={draft} />}
        {phase === "waiting" && <span className="recording__text">{t.micWaiting}</span>}
        {problem && (
          <span className="recording__text recording__text--problem" role="alert">
            {problemText(problem)}
          </span>
        )}
      </div>
      {!held && sendable && (
        <button className="send" type="button" aria-label={t.sendVoice} onClick={work.send}>
          <Icon name="send" />
        </button>
      )}
    </div>
  );
}

/** The length in completed seconds. */
function lengthOf(samples: readonly number[]): string {
  return length(Math.floor((samples.length * SAMPLE) / 1_000) * 1_000);
}

function PauseButton() {
  return (
    <button
      className="btn btn--quiet btn--small"
      type="button"
      aria-label={t.pause}
      onClick={() => void pause()}
    >
      <Icon name="pause" size={16} />
      <span className="label">{t.pause}</span>
    </button>
  );
}

function SlideHint({ slid }: { readonly slid: number }) {
  return (
    <>
      <span className="recording__hint" style={{ opacity: 1 - slid }}>
        <Icon name="left" size={16} />
        {slid > 0.5 ? t.releaseToCancel : t.slideToCancel}
      </span>
      <span className="recording__lock" aria-hidden>
        <Icon name="lock" size={18} />
        <Icon name="up" size={16} />
      </span>
    </>
  );
}

/** The recording so far, to be played before it is sent. */
function Preview({ draft }: { readonly draft: VoiceDraft }) {
  const { phase, samples, content } = useRecording();
  const url = useLocalContent(content) ?? "";
  const waveform = useMemo(() => btoa(String.fromCharCode(...peaks(samples))), [samples]);
  const seconds = (samples.length * SAMPLE) / 1_000;
  const sound = useMemo(
    () => ({ id: `draft:${draft.key}`, url, length: seconds }),
    [draft.key, url, seconds],
  );
  return (
    <>
      <PlayButton sound={sound} />
      <div className="recording__preview">
        <Position sound={sound} waveform={waveform} />
      </div>
      <time>{lengthOf(samples)}</time>
      {phase === "paused" && (
        <button
          className="btn btn--quiet btn--small"
          type="button"
          aria-label={t.resume}
          onClick={() => {
            pausePlayback();
            resume();
          }}
        >
          <Icon name="mic" size={16} />
          <span className="label">{t.resume}</span>
        </button>
      )}
    </>
  );
}

/** Begin or restore the recording with the bar, and keep it when the user leaves. */
function useVisit({ key, recorded }: VoiceDraft, onMode: Props["onMode"]): void {
  const first = useRef({ recorded, onMode });
  useEffect(() => {
    const { recorded, onMode } = first.current;
    void (recorded ? restore(key) : begin(key)).then((found) => {
      if (found === "here") return;
      if (found === "none") mark(key, false);
      else showToast(t.recordingElsewhere);
      onMode(null);
    });
    const unsubscribe = useRecording.subscribe(({ phase }, before) => {
      if (phase !== "recording") return;
      mark(key, true);
      if (before.phase !== "recording") playAlone(null); // otherwise the recording would contain it
    });
    return () => {
      unsubscribe();
      pausePlayback();
      void leave();
    };
  }, [key]);
}

/** Mark the draft as having a recording, for the list and the next visit. */
function mark(key: string, recording: boolean): void {
  const draft = getState().drafts[key] ?? emptyDraft(key);
  if ((draft.recording ?? false) !== recording) void saveDraft({ ...draft, recording });
}

/** Sends or discards the recording once, even after several clicks. */
function useWork({ key, onSend }: VoiceDraft, onMode: Props["onMode"]) {
  const latest = useRef(onSend);
  latest.current = onSend;
  return useMemo(() => {
    let ending = false;
    const once = (work: () => Promise<void>) => () => {
      if (ending) return;
      ending = true;
      void work();
    };
    const end = async () => {
      pausePlayback();
      mark(key, false);
      await discard(key);
      onMode(null);
      if (matchMedia("(pointer: fine)").matches) document.getElementById("message-field")?.focus();
    };
    const send = async () => {
      await stop();
      const { samples, content } = useRecording.getState();
      if (!content || samples.length * SAMPLE < SHORTEST) {
        showToast(t.holdToRecord);
        return end();
      }
      try {
        await latest.current(content, peaks(samples));
      } catch (error) {
        ending = false;
        onMode("free");
        if (!isFull(error)) throw error;
        return notSent();
      }
      return end();
    };
    return { discard: once(end), send: once(send) };
  }, [key, onMode]);
}

function problemText(problem: Problem): string {
  return {
    denied: t.micDenied,
    missing: t.micMissing,
    busy: t.micBusy,
    insecure: t.micInsecure,
    lost: t.micLost,
    long: t.recordingTooLong,
    unkept: t.recordingNotKept,
    unsent: t.noRoomInThisTab,
  }[problem];
}
