import type { FileInfo } from "backchannel-client";
import { useContent } from "../state/content";
import type { Upload } from "../state/uploads";
import { t } from "../strings";
import { size } from "../ui/format";
import { Icon } from "../ui/icon";
import { isPicture } from "./names";

interface Props {
  readonly files: readonly FileInfo[];
  readonly running: readonly Upload[];
  readonly onRemove: (file: FileInfo) => void;
  readonly onCancel: (key: string) => void;
}

/** What will be sent with the message (rule W8). */
export function Tray({ files, running, onRemove, onCancel }: Props) {
  if (files.length + running.length === 0) return null;
  return (
    <div className="tray" role="group" aria-label={t.attachments} tabIndex={0}>
      {files.map((file) => (
        <ReadyItem key={file.id} file={file} onRemove={() => onRemove(file)} />
      ))}
      {running.map((upload) => (
        <RunningItem key={upload.key} upload={upload} onCancel={() => onCancel(upload.key)} />
      ))}
    </div>
  );
}

function ReadyItem({ file, onRemove }: { readonly file: FileInfo; readonly onRemove: () => void }) {
  const source = useContent(isPicture(file) ? file.thumbnail_url : null);
  if (isPicture(file)) {
    return (
      <div className="tray__item tray__item--image">
        {source && <img src={source} alt={file.name} />}
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

function RunningItem({
  upload,
  onCancel,
}: {
  readonly upload: Upload;
  readonly onCancel: () => void;
}) {
  const percent = Math.round(upload.progress * 100);
  const picture = upload.preview !== null && upload.problem === null;
  const ring = (
    <span
      className="ring-wrap"
      role="progressbar"
      aria-label={t.uploading(upload.name)}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <svg className="ring" viewBox="0 0 40 40" aria-hidden>
        <circle cx="20" cy="20" r="16.5" />
        <circle cx="20" cy="20" r="16.5" strokeDasharray={`${upload.progress * 103.7} 103.7`} />
      </svg>
      {picture ? <span aria-hidden>{percent}</span> : <Icon name="file" size={18} />}
    </span>
  );
  if (picture) {
    return (
      <div className="tray__item tray__item--image is-busy">
        <img src={upload.preview ?? ""} alt={upload.name} />
        {ring}
        <RemoveButton name={upload.name} onClick={onCancel} />
      </div>
    );
  }
  return (
    <div className="tray__item tray__item--file">
      {upload.problem ? <Icon name="alert" className="is-danger" /> : ring}
      <span className="tray__text">
        <b className="truncate" dir="auto">
          {upload.name}
        </b>
        <span className={upload.problem ? "is-danger" : ""}>
          {upload.problem ?? size(upload.size)}
        </span>
      </span>
      <RemoveButton name={upload.name} onClick={onCancel} />
    </div>
  );
}

function RemoveButton({ name, onClick }: { readonly name: string; readonly onClick: () => void }) {
  return (
    <button className="tray__x" type="button" aria-label={t.remove(name)} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
