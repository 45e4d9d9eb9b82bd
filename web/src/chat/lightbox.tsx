import type { FileInfo, Message } from "backchannel-client";
import { useEffect, useRef } from "react";
import { useContent } from "../state/content";
import { t } from "../strings";
import { size, when } from "../ui/format";
import { Icon } from "../ui/icon";
import { download } from "./files";
import { useMedia } from "./media";

interface Props {
  readonly conversationId: string;
  /** The messages that are held. */
  readonly messages: readonly Message[];
  /** The newest message of the conversation. */
  readonly last: number;
  readonly file: FileInfo;
  readonly onClose: () => void;
}

/** One picture at a time, over everything; the arrow keys walk through all of them (W10). */
export default function Lightbox({ conversationId, messages, last, file, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const {
    shown: medium,
    hasOlder,
    hasNewer,
    step,
  } = useMedia(conversationId, messages, file, last);
  const shown = medium?.file ?? file;
  const source = useContent(shown.url);
  const small = useContent(shown.thumbnail_url);
  useEffect(() => dialog.current?.showModal(), []);
  const onward = t.dir === "rtl" ? -1 : 1;
  return (
    <dialog
      ref={dialog}
      className="lightbox"
      aria-label={t.photo}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
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
      <div className="lightbox__stage">
        {(source ?? small) && <img src={source ?? small ?? ""} alt={shown.name} />}
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
    </dialog>
  );
}
