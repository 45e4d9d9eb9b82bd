/** Recording in the composer, begun by a click or by holding on a touch screen (rule W9). */

import { type MouseEvent, type PointerEvent, useCallback, useRef, useState } from "react";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { Icon } from "../ui/icon";

const RecordingBar = deferred(
  () => import("./recording-bar").then((module) => module.default),
  <div className="composer__field" />,
);

/** `held` lasts while a finger is down, `free` until a button ends it. */
export type Mode = "held" | "free" | "sending" | "cancelling";

export interface VoiceDraft {
  readonly key: string;
  /** There is a recording of an earlier visit. */
  readonly recorded: boolean;
  /** Rejects if the recording could not be taken over. */
  readonly onSend: (content: Blob, waveform: Uint8Array<ArrayBuffer>) => Promise<void>;
}

/** Milliseconds after which a touch is a hold. */
const HOLD = 250;
/** Pixels of a slide that cancels, and of one that locks. */
const CANCEL = 120;
const LOCK = 80;

interface Touch {
  readonly x: number;
  readonly y: number;
  readonly timer: ReturnType<typeof setTimeout>;
  held: boolean;
}

/** The bar in place of the field, null without a recording, and the button that begins one. */
export function useRecorder(draft: VoiceDraft | null) {
  const [mode, setMode] = useState<Mode | null>(draft?.recorded ? "free" : null);
  const [slid, setSlid] = useState(0);
  const touch = useRef<Touch | null>(null);
  const change = useCallback((next: Mode | null) => {
    setMode(next);
    setSlid(0);
  }, []);
  const end = (next: Mode) => {
    const ended = touch.current;
    touch.current = null;
    clearTimeout(ended?.timer);
    if (ended?.held) change(next);
  };
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType === "mouse" || !event.isPrimary || mode !== null) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const timer = setTimeout(() => {
        if (!touch.current) return;
        touch.current.held = true;
        change("held");
      }, HOLD);
      touch.current = { x: event.clientX, y: event.clientY, timer, held: false };
    },
    onPointerMove: (event: PointerEvent) => {
      if (!touch.current?.held) return;
      const aside = (touch.current.x - event.clientX) * (t.dir === "rtl" ? -1 : 1);
      if (touch.current.y - event.clientY > LOCK) end("free");
      else if (aside > CANCEL) end("cancelling");
      else setSlid(Math.max(0, aside));
    },
    onPointerUp: () => end("sending"),
    // The system has cancelled the touch: keep the recording.
    onPointerCancel: () => end("free"),
    onClick: () => mode === null && change("free"),
    onContextMenu: (event: MouseEvent) => event.preventDefault(),
  };
  const bar = draft && mode && (
    <RecordingBar draft={draft} mode={mode} slid={slid / CANCEL} onMode={change} />
  );
  const button = draft && (mode === null || mode === "held") && (
    <button
      className={`icon-btn record${mode ? " is-held" : ""}`}
      type="button"
      aria-label={t.record}
      {...handlers}
    >
      <Icon name="mic" />
    </button>
  );
  return { bar, button };
}
