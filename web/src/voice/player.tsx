import type { FileInfo } from "backchannel-client";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useMemo } from "react";
import { t } from "../strings";
import "../styles/voice.css";
import { length } from "../ui/format";
import { Icon } from "../ui/icon";
import { Bars } from "./bars";
import { nextRate, type Sound, seek, toggle, useProgress, useRate } from "./playback";
import { barsOf } from "./waveform";

interface Props {
  readonly file: FileInfo;
  readonly meta: ReactNode;
}

/** A voice message or another sound, played from any position (rule W9). */
export default function Player({ file, meta }: Props) {
  const { id, url } = file;
  const seconds = (file.duration ?? 0) / 1_000;
  const sound = useMemo(() => ({ id, url, length: seconds }), [id, url, seconds]);
  const { playing, time, failed } = useProgress(id);
  const begun = playing || time > 0;
  return (
    <div className="voice">
      <PlayButton sound={sound} />
      <Position sound={sound} waveform={file.waveform} />
      <div className="voice__foot">
        {failed ? (
          <span role="alert">{t.voiceFailed}</span>
        ) : (
          <span>{timeOf(time, seconds, begun)}</span>
        )}
        {begun && !failed && <Rate />}
        {meta}
      </div>
    </div>
  );
}

function timeOf(time: number, seconds: number, begun: boolean): string {
  const whole = length(seconds * 1_000);
  return begun ? `${length(Math.floor(time) * 1_000)} / ${whole}` : whole;
}

export function PlayButton({ sound }: { readonly sound: Sound }) {
  const { playing } = useProgress(sound.id);
  return (
    <button
      className="voice__play"
      type="button"
      aria-label={playing ? t.pauseVoice : t.playVoice(length(sound.length * 1_000))}
      onClick={() => toggle(sound)}
    >
      <Icon name={playing ? "pause" : "play"} />
    </button>
  );
}

interface PositionProps {
  readonly sound: Sound;
  readonly waveform: string | null;
}

/** The waveform, in which a position can be chosen. */
export function Position({ sound, waveform }: PositionProps) {
  const { time } = useProgress(sound.id);
  const bars = useMemo(() => barsOf(waveform), [waveform]);
  const step = sound.length > 30 ? 5 : 1;
  const onKeyDown = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: time - step,
      ArrowDown: time - step,
      ArrowRight: time + step,
      ArrowUp: time + step,
      Home: 0,
      End: sound.length,
    }[event.key];
    if (to !== undefined) seek(sound, to);
    else if (event.key === " " || event.key === "Enter") toggle(sound);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const toPointer = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    seek(sound, ((event.clientX - box.left) / box.width) * sound.length);
  };
  return (
    <div
      className="voice__position"
      role="slider"
      tabIndex={0}
      aria-label={t.voicePosition}
      aria-valuemin={0}
      aria-valuemax={Math.round(sound.length)}
      aria-valuenow={Math.round(time)}
      aria-valuetext={t.sizeOf(length(time * 1_000), length(sound.length * 1_000))}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        // Pointer moves here are not a swipe of the message.
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        toPointer(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) toPointer(event);
      }}
    >
      <Bars bars={bars} played={sound.length > 0 ? time / sound.length : 0} />
    </div>
  );
}

function Rate() {
  const rate = useRate();
  const shown = new Intl.NumberFormat(t.lang).format(rate);
  return (
    <button className="chip" type="button" aria-label={t.playbackRate(shown)} onClick={nextRate}>
      {shown}×
    </button>
  );
}
