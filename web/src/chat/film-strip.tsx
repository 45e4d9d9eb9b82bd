import { useLayoutEffect, useRef } from "react";
import { t } from "../strings";
import type { Medium } from "./media";
import { Picture } from "./picture";

/** Pictures on either side of the current one. */
const AROUND = 20;

interface Props {
  readonly media: readonly Medium[];
  /** The index of the current picture. */
  readonly at: number;
  readonly onChoose: (fileId: string) => void;
}

/** Thumbnails of the pictures around the current one, which stays in the middle. */
export function FilmStrip({ media, at, onChoose }: Props) {
  const current = useRef<HTMLButtonElement>(null);
  const first = Math.max(0, at - AROUND);
  const shown = media.length > 1 ? media.slice(first, at + AROUND + 1) : [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: any change of the strip moves it
  useLayoutEffect(() => {
    current.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [media, at]);
  return (
    <div className="film-strip" role="group" aria-label={t.photoStrip}>
      {shown.map(({ file }, index) => (
        <button
          key={file.id}
          ref={first + index === at ? current : null}
          type="button"
          tabIndex={first + index === at ? 0 : -1}
          aria-current={first + index === at}
          onClick={() => onChoose(file.id)}
        >
          <Picture file={file} />
        </button>
      ))}
    </div>
  );
}
