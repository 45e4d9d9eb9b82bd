import type { FileInfo } from "backchannel-client";
import type { ReactNode } from "react";
import { addressOf } from "../state/content";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { size } from "../ui/format";
import { Icon } from "../ui/icon";
import { isPicture, isVoice } from "./names";
import { Picture } from "./picture";

const Player = deferred(
  () => import("../voice/player").then((module) => module.default),
  <div className="voice" />,
);
const Video = deferred(
  () => import("./video").then((module) => module.default),
  <div className="video" />,
);

interface Props {
  readonly files: readonly FileInfo[];
  readonly meta: ReactNode;
  /** There is a text below them. */
  readonly captioned?: boolean;
  readonly onOpen?: ((file: FileInfo) => void) | undefined;
}

/** Pictures that an album shows; the others are in the lightbox. */
const SHOWN = 4;

/** Pictures as one picture or an album, other files by name. */
export function Files({ files, meta, captioned = false, onOpen }: Props) {
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  return (
    <>
      {pictures.length === 1 && pictures[0] && (
        <Photo file={pictures[0]} single captioned={captioned} onOpen={onOpen} />
      )}
      {pictures.length > 1 && (
        <div className={`album album--${Math.min(pictures.length, SHOWN)}`}>
          {pictures.slice(0, SHOWN).map((file, index) => (
            <Photo
              key={file.id}
              file={file}
              more={index === SHOWN - 1 ? pictures.length - SHOWN : 0}
              onOpen={onOpen}
            />
          ))}
        </div>
      )}
      {others.map((file, index) => (
        <OtherFile key={file.id} file={file} meta={index === others.length - 1 ? meta : null} />
      ))}
      {others.length === 0 && meta && <span className="meta--over">{meta}</span>}
    </>
  );
}

interface PhotoProps {
  readonly file: FileInfo;
  readonly single?: boolean;
  readonly captioned?: boolean;
  /** The number of pictures that only the lightbox shows. */
  readonly more?: number;
  readonly onOpen: Props["onOpen"];
}

/** A picture whose space is reserved before it has loaded, so that nothing moves. */
function Photo({ file, single = false, captioned = false, more = 0, onOpen }: PhotoProps) {
  const { width, height, padded } = sizeOfSingle(file, captioned);
  const style = { inlineSize: `${width}px`, aspectRatio: `${width} / ${height}` };
  return (
    <button
      className={single && padded ? "photo photo--padded" : "photo"}
      type="button"
      style={single ? style : {}}
      aria-label={more > 0 ? t.andMorePhotos(file.name, more) : file.name}
      onClick={() => onOpen?.(file)}
    >
      <Picture file={file} />
      {more > 0 && <span className="photo__more">+{more}</span>}
    </button>
  );
}

/** The largest width of a single picture, and the smallest for its time and a finger; pixels. */
const WIDEST = 380;
const LEAST = { width: 120, height: 80 };
/** The smallest width with a text below; pixels. */
const LEAST_CAPTIONED = 240;

/** The size of a single picture: neither very long, nor larger than the picture itself. */
function sizeOfSingle(file: FileInfo, captioned: boolean) {
  const least = captioned ? LEAST_CAPTIONED : LEAST.width;
  const { width, height } = { width: file.width ?? 800, height: file.height ?? 600 };
  const drawnWidth = Math.min(width, WIDEST);
  const ratio = Math.min(Math.max(width / height, 0.75), 2);
  const drawnHeight = Math.min(height, drawnWidth / ratio);
  return {
    width: Math.max(drawnWidth, least),
    height: Math.max(drawnHeight, LEAST.height),
    padded: drawnWidth < least || drawnHeight < LEAST.height,
  };
}

function OtherFile({ file, meta }: { readonly file: FileInfo; readonly meta: ReactNode }) {
  if (file.type.startsWith("audio/") && file.duration) {
    const named = !isVoice(file);
    return (
      <>
        <Player file={file} meta={named ? null : meta} />
        {named && <FileRow file={file} meta={meta} />}
      </>
    );
  }
  if (isPlayable(file)) {
    return (
      <>
        <Video file={file} />
        <FileRow file={file} meta={meta} />
      </>
    );
  }
  return <FileRow file={file} meta={meta} />;
}

function isPlayable({ type }: FileInfo): boolean {
  return type.startsWith("video/") && document.createElement("video").canPlayType(type) !== "";
}

function FileRow({ file, meta }: { readonly file: FileInfo; readonly meta: ReactNode }) {
  return (
    <button className="file" type="button" onClick={() => void download(file)}>
      <span className="file__tile">
        <Icon name="file" size={24} />
      </span>
      <span>
        <span className="sr">{t.download}: </span>
        <span className="file__name" dir="auto">
          {file.name}
        </span>
        <span className="file__size">{size(file.size)}</span>
      </span>
      {meta}
    </button>
  );
}

export async function download(file: FileInfo): Promise<void> {
  const link = document.createElement("a");
  link.href = await addressOf(file.url);
  link.download = file.name;
  link.click();
}
