import type { FileInfo } from "backchannel-client";
import { useLayoutEffect, useRef } from "react";
import { useLocalContent } from "../state/content";
import { type Upload, useStore } from "../state/store";
import { mostFiles } from "../state/uploads";
import { t } from "../strings";
import { size } from "../ui/format";
import { Icon } from "../ui/icon";
import { isPicture } from "./names";
import { Picture } from "./picture";

interface Props {
  readonly files: readonly FileInfo[];
  readonly uploads: readonly Upload[];
  readonly onRemove: (file: FileInfo) => void;
  readonly onCancel: (upload: Upload) => void;
}

/** The files that will be sent with the message (rule W8). */
export function Tray({ files, uploads, onRemove, onCancel }: Props) {
  const tray = useRef<HTMLDivElement>(null);
  const most = useStore(mostFiles);
  useNewestInSight(tray, files.length + uploads.length);
  return (
    <>
      {files.length > most && (
        <div className="strip" role="alert">
          <Icon name="alert" className="is-danger" />
          <span className="strip__body">{t.tooManyFiles(most)}</span>
        </div>
      )}
      <div ref={tray} className="tray" role="group" aria-label={t.attachments} tabIndex={0}>
        {files.map((file) => (
          <ReadyItem key={file.id} file={file} onRemove={() => onRemove(file)} />
        ))}
        {uploads.map((upload) => (
          <UploadItem key={upload.id} upload={upload} onCancel={() => onCancel(upload)} />
        ))}
      </div>
    </>
  );
}

/** Scroll to new files, which are added at the end. */
function useNewestInSight(tray: React.RefObject<HTMLElement | null>, count: number): void {
  const before = useRef(0);
  useLayoutEffect(() => {
    const added = count > before.current;
    before.current = count;
    if (added) tray.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [tray, count]);
}

function ReadyItem({ file, onRemove }: { readonly file: FileInfo; readonly onRemove: () => void }) {
  if (isPicture(file)) {
    return (
      <div className="tray__item tray__item--image">
        <Picture file={file} />
        <RemoveButton name={file.name} onClick={onRemove} />
      </div>
    );
  }
  return (
    <div className="tray__item tray__item--file">
      <Icon name="file" />
      <span className="tray__text">
        <b className="truncate" dir="auto">
          {file.name}
        </b>
        <span>{size(file.size)}</span>
      </span>
      <RemoveButton name={file.name} onClick={onRemove} />
    </div>
  );
}

function UploadItem({
  upload,
  onCancel,
}: {
  readonly upload: Upload;
  readonly onCancel: () => void;
}) {
  const { file, progress, problem } = upload;
  const name = upload.voice ? t.voiceMessage : file.name;
  const picture = file.type.startsWith("image/") && problem === null;
  const preview = useLocalContent(picture ? file : null);
  const percent = Math.round(progress * 100);
  const ring = (
    <span
      className="ring-wrap"
      role="progressbar"
      aria-label={t.uploading(name)}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <svg className="ring" viewBox="0 0 40 40" aria-hidden>
        <circle cx="20" cy="20" r="16.5" />
        <circle cx="20" cy="20" r="16.5" strokeDasharray={`${progress * 103.7} 103.7`} />
      </svg>
      {picture ? (
        <span aria-hidden>{percent}</span>
      ) : (
        <Icon name={upload.voice ? "mic" : "file"} size={18} />
      )}
    </span>
  );
  if (picture) {
    return (
      <div className="tray__item tray__item--image is-busy">
        {preview && <img src={preview} alt={file.name} />}
        {ring}
        <RemoveButton name={name} onClick={onCancel} />
      </div>
    );
  }
  const sent =
    progress > 0 ? t.sizeOf(size(progress * file.size), size(file.size)) : size(file.size);
  return (
    <div className="tray__item tray__item--file">
      {problem ? <Icon name="alert" className="is-danger" /> : ring}
      <span className="tray__text">
        <b className="truncate" dir="auto">
          {name}
        </b>
        <span className={problem ? "is-danger" : ""}>{problem ?? sent}</span>
      </span>
      <RemoveButton name={name} onClick={onCancel} />
    </div>
  );
}

function RemoveButton({ name, onClick }: { readonly name: string; readonly onClick: () => void }) {
  return (
    <button className="tray__remove" type="button" aria-label={t.remove(name)} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
