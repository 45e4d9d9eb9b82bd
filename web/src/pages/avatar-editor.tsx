import "../styles/crop.css";
import { type ChangeEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { attempt } from "../state/actions";
import { client } from "../state/client";
import { useLocalContent } from "../state/content";
import { setMe, useStore } from "../state/store";
import { t } from "../strings/settings";
import { Avatar } from "../ui/avatar";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { FIRST_VIEW, MOST_ZOOM, squareOf, type View, within } from "./crop";

/** The width and height of an avatar in pixels. */
const SIDE = 512;
const TYPES = "image/png,image/jpeg,image/webp,image/gif,image/avif";

/** The user's picture, and a dialog to choose another one. */
export function AvatarEditor() {
  const me = useStore((state) => state.me);
  const chooser = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<File | null>(null);
  if (!me) return null;
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    setChosen(event.target.files?.[0] ?? null);
    event.target.value = "";
  };
  const remove = () =>
    attempt(async () => {
      await client.api.removeAvatar();
      setMe({ ...me, avatar_url: null });
    });
  return (
    <div className="profile__pic">
      <Avatar id={me.id} name={me.display_name} size={96} picture={me.avatar_url} />
      <input ref={chooser} type="file" accept={TYPES} hidden onChange={choose} />
      <button
        className="btn btn--quiet btn--small"
        type="button"
        onClick={() => chooser.current?.click()}
      >
        {t.changePicture}
      </button>
      {me.avatar_url && (
        <button className="btn btn--bare btn--small" type="button" onClick={() => void remove()}>
          {t.removePicture}
        </button>
      )}
      {chosen && <CropDialog file={chosen} onClose={() => setChosen(null)} />}
    </div>
  );
}

interface CropProps {
  readonly file: File;
  readonly onClose: () => void;
}

/** Move and zoom a picture under a square window. */
function CropDialog({ file, onClose }: CropProps) {
  const { picture, unreadable } = usePicture(file);
  const [view, setView] = useState(FIRST_VIEW);
  const [busy, setBusy] = useState(false);
  const source = useLocalContent(file);
  const change = (next: View) => {
    if (picture) setView(within(next, picture.width, picture.height));
  };
  const save = async () => {
    if (!picture) return;
    setBusy(true);
    const done = await attempt(async () => {
      const info = await client.upload(await cut(picture, view), "avatar.webp");
      setMe(await client.api.setAvatar(info.id));
    });
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Dialog label={t.changePicture} narrow onClose={onClose}>
      <div className="dialog__head">
        <h2>{t.changePicture}</h2>
        <button className="icon-btn" type="button" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="dialog__body crop">
        {unreadable && <p role="alert">{t.unreadablePicture}</p>}
        {picture && source && (
          <CropWindow picture={picture} source={source} view={view} onChange={change} />
        )}
        <ZoomRange zoom={view.zoom} onChange={(zoom) => change({ ...view, zoom })} />
        <button
          className="btn btn--primary btn--wide"
          type="button"
          disabled={busy || !picture}
          onClick={() => void save()}
        >
          {t.save}
        </button>
      </div>
    </Dialog>
  );
}

interface ZoomProps {
  readonly zoom: number;
  readonly onChange: (zoom: number) => void;
}

function ZoomRange({ zoom, onChange }: ZoomProps) {
  const filled = ((zoom - 1) / (MOST_ZOOM - 1)) * 100;
  return (
    <label className="range">
      <span className="sr">{t.zoom}</span>
      <Icon name="image" size={16} />
      <input
        type="range"
        min={1}
        max={MOST_ZOOM}
        step={0.05}
        value={zoom}
        style={{ "--filled": `${filled}%` } as object}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <Icon name="image" size={24} />
    </label>
  );
}

interface WindowProps {
  readonly picture: ImageBitmap;
  readonly source: string;
  readonly view: View;
  readonly onChange: (view: View) => void;
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-0.05, 0],
  ArrowRight: [0.05, 0],
  ArrowUp: [0, -0.05],
  ArrowDown: [0, 0.05],
};

function CropWindow({ picture, source, view, onChange }: WindowProps) {
  const last = useRef<{ readonly x: number; readonly y: number } | null>(null);
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (!last.current) return;
    const { clientWidth: width } = event.currentTarget;
    const x = view.x + (event.clientX - last.current.x) / width;
    const y = view.y + (event.clientY - last.current.y) / width;
    last.current = { x: event.clientX, y: event.clientY };
    onChange({ ...view, x, y });
  };
  const least = Math.min(picture.width, picture.height);
  return (
    <div
      className="crop__window"
      role="img"
      tabIndex={0}
      aria-label={t.movePicture}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        last.current = { x: event.clientX, y: event.clientY };
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        last.current = null;
      }}
      onKeyDown={(event) => {
        const [x, y] = STEPS[event.key] ?? [];
        if (x === undefined || y === undefined) return;
        event.preventDefault();
        onChange({ ...view, x: view.x + x, y: view.y + y });
      }}
    >
      <img
        src={source}
        alt=""
        draggable={false}
        style={{
          width: `${(picture.width / least) * view.zoom * 100}%`,
          height: `${(picture.height / least) * view.zoom * 100}%`,
          translate: `calc(-50% + ${view.x} * var(--window)) calc(-50% + ${view.y} * var(--window))`,
        }}
      />
    </div>
  );
}

interface Picture {
  /** Null until it has been read. */
  readonly picture: ImageBitmap | null;
  readonly unreadable: boolean;
}

function usePicture(file: File): Picture {
  const [read, setRead] = useState<Picture>({ picture: null, unreadable: false });
  useEffect(() => {
    let wanted = true;
    createImageBitmap(file).then(
      (picture) => wanted && setRead({ picture, unreadable: false }),
      () => wanted && setRead({ picture: null, unreadable: true }),
    );
    return () => {
      wanted = false;
    };
  }, [file]);
  return read;
}

async function cut(picture: ImageBitmap, view: View): Promise<Blob> {
  const { left, top, side } = squareOf(view, picture.width, picture.height);
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  canvas.getContext("2d")?.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  return canvas.convertToBlob({ type: "image/webp", quality: 0.86 });
}
