import type { FileInfo, Message } from "backchannel-client";
import { type CSSProperties, useRef, useState } from "react";
import "../styles/lightbox.css";
import { t } from "../strings";
import { useModal } from "../ui/dialog";
import { size, when } from "../ui/format";
import { Icon } from "../ui/icon";
import { type Side, useSwipe } from "../ui/swipe";
import { download } from "./files";
import { FilmStrip } from "./film-strip";
import { useMedia } from "./media";
import { Picture } from "./picture";

interface Props {
  readonly conversationId: string;
  /** The loaded messages. */
  readonly messages: readonly Message[];
  /** The newest message of the conversation. */
  readonly last: number;
  readonly file: FileInfo;
  readonly onClose: () => void;
}

/** The sides to which a finger swipes the current picture to show the next one. */
const OLDER: readonly Side[] = ["end"];
const NEWER: readonly Side[] = ["start"];

/** One picture at a time, over everything; arrow keys and swipes walk through all of them (W10). */
export default function Lightbox({ conversationId, messages, last, file, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { media, at, hasOlder, hasNewer, complete, step, choose } = useMedia(
    conversationId,
    messages,
    file,
    last,
  );
  const medium = media[at];
  // Others may be found later: space is reserved for them, so that the picture does not move.
  const [strip] = useState(media.length > 1 || hasOlder || hasNewer);
  const shown = medium?.file ?? file;
  useModal(dialog, onClose);
  const swipe = useSwipe({
    selector: ".lightbox__stage",
    sides: [...(hasOlder ? OLDER : []), ...(hasNewer ? NEWER : [])],
    onSwipe: (_, side) => step(side === "end" ? -1 : 1),
    onHold: () => {},
  });
  const onward = t.dir === "rtl" ? -1 : 1;
  return (
    <dialog
      ref={dialog}
      className="lightbox"
      aria-label={t.photo}
      onClick={({ target }) => {
        if (target instanceof Element && target.matches(".lightbox, .lightbox__stage")) onClose();
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") step(-onward as -1 | 1);
        if (event.key === "ArrowRight") step(onward);
      }}
    >
      <div className="lightbox__bar">
        <span className="lightbox__name">
          <b className="truncate" dir="auto">
            {shown.name}
          </b>
          <small>
            {size(shown.size)}
            {medium && ` · ${when(medium.message.created_at)}`}
            {medium &&
              complete &&
              media.length > 1 &&
              ` · ${t.sizeOf(String(at + 1), String(media.length))}`}
          </small>
        </span>
        <button
          className="icon-btn"
          type="button"
          aria-label={t.download}
          onClick={() => void download(shown)}
        >
          <Icon name="download" />
        </button>
        <button className="icon-btn" type="button" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="lightbox__stage" {...swipe}>
        <span className="lightbox__picture" style={placeOf(shown)} key={shown.id}>
          <Picture file={shown} whole />
        </span>
        {hasOlder && (
          <button
            className="icon-btn prev"
            type="button"
            aria-label={t.earlierPhoto}
            onClick={() => step(-1)}
          >
            <Icon name="left" size={24} />
          </button>
        )}
        {hasNewer && (
          <button
            className="icon-btn next"
            type="button"
            aria-label={t.laterPhoto}
            onClick={() => step(1)}
          >
            <Icon name="right" size={24} />
          </button>
        )}
      </div>
      {strip && <FilmStrip media={media} at={at} onChoose={choose} />}
    </dialog>
  );
}

/** The aspect ratio and width of a picture, so that its space has the final size. */
function placeOf({ width, height }: FileInfo): CSSProperties {
  if (!width || !height) return { "--ratio": 1 } as CSSProperties;
  return { "--ratio": width / height, "--own-width": `${width}px` } as CSSProperties;
}
