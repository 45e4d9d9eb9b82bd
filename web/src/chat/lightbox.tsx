import type { FileInfo } from "backchannel-client";
import { useEffect, useRef } from "react";
import { useContent } from "../state/content";
import { t } from "../strings";
import { size } from "../ui/format";
import { Icon } from "../ui/icon";
import { download } from "./files";

interface Props {
  readonly files: readonly FileInfo[];
  readonly shown: FileInfo;
  readonly onShow: (file: FileInfo) => void;
  readonly onClose: () => void;
}

/** One picture at a time, over everything; the arrow keys walk through all of them (W10). */
export function Lightbox({ files, shown, onShow, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const at = files.findIndex((each) => each.id === shown.id);
  const source = useContent(shown.url);
  const small = useContent(shown.thumbnail_url);
  useEffect(() => dialog.current?.showModal(), []);
  const step = (by: number) => {
    const next = files[at + by];
    if (next) onShow(next);
  };
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
        if (event.key === "ArrowLeft") step(-1);
        if (event.key === "ArrowRight") step(1);
      }}
    >
      <div className="lightbox__bar">
        <span className="lightbox__name">
          <b className="truncate" dir="auto">
            {shown.name}
          </b>
          <small>
            {size(shown.size)} · {at + 1} / {files.length}
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
        {at > 0 && (
          <button
            className="icon-btn prev"
            type="button"
            aria-label={t.earlierPhoto}
            onClick={() => step(-1)}
          >
            <Icon name="left" size={24} />
          </button>
        )}
        {at < files.length - 1 && (
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
