import type { FileInfo } from "backchannel-client";
import { useRef, useState } from "react";
import { forgetAddress, useContent } from "../state/content";
import { playAlone } from "../voice/one-at-a-time";

interface Props {
  readonly file: FileInfo;
}

/** The time of the picture shown before playing, in seconds: the first one is often black. */
const POSTER = 0.1;

/** A video in its bubble. The signature of its address is renewed after some minutes. */
export default function Video({ file }: Props) {
  const [attempt, setAttempt] = useState(0);
  const [failed, setFailed] = useState(false);
  const at = useRef(0);
  const playing = useRef(false);
  const loaded = useRef(false);
  const source = useContent(failed ? null : file.url, attempt);
  if (failed) return null; // the file can be downloaded by its name below
  const again = () => {
    // A video that has never loaded is tried twice; later, its signature may have expired.
    if (!loaded.current && attempt > 0) return setFailed(true);
    loaded.current = false;
    forgetAddress(file.url);
    setAttempt(attempt + 1);
  };
  return (
    // biome-ignore lint/a11y/useMediaCaption: users send videos without captions
    <video
      className="video"
      src={source ? `${source}#t=${at.current || POSTER}` : undefined}
      controls
      playsInline
      preload="metadata"
      aria-label={file.name}
      onLoadedMetadata={(event) => {
        loaded.current = true;
        if (playing.current) void event.currentTarget.play().catch(() => {});
      }}
      onPlay={(event) => playAlone(event.currentTarget)}
      onTimeUpdate={(event) => {
        at.current = event.currentTarget.currentTime;
        playing.current = !event.currentTarget.paused;
      }}
      onError={again}
    />
  );
}
