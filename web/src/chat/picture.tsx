import type { FileInfo } from "backchannel-client";
import { useEffect, useRef, useState } from "react";
import { forgetAddress, useContent } from "../state/content";
import { useStore } from "../state/store";
import { usePlaceholder } from "./placeholder";

interface Props {
  readonly file: FileInfo;
  /** The whole picture; otherwise the thumbnail. */
  readonly whole?: boolean;
}

/** A picture that fills its reserved space: blurred at first, then as it is. */
export function Picture({ file, whole = false }: Props) {
  const path = whole ? file.url : file.thumbnail_url;
  const [attempt, again] = useAttempts(path);
  const source = useContent(path, attempt);
  const blurred = usePlaceholder(file.placeholder);
  const [loaded, setLoaded] = useState<string | null>(null);
  const shown = loaded === path;
  return (
    <span
      className="picture"
      style={blurred && !shown ? { backgroundImage: `url("${blurred}")` } : undefined}
    >
      {source && (
        <img
          src={source}
          alt={file.name}
          draggable={false}
          data-loaded={shown || undefined}
          onLoad={() => setLoaded(path)}
          onError={again}
        />
      )}
    </span>
  );
}

/** Load a failed picture again at once, and whenever a connection is back. */
function useAttempts(path: string | null): readonly [number, () => void] {
  const online = useStore((state) => state.link === "online");
  const [attempt, setAttempt] = useState(0);
  const failed = useRef(false);
  useEffect(() => {
    if (!online || !failed.current || !path) return;
    failed.current = false;
    forgetAddress(path);
    setAttempt((before) => before + 1);
  }, [online, path]);
  const again = () => {
    failed.current = true;
    if (attempt > 0 || !path) return;
    forgetAddress(path);
    setAttempt(1);
  };
  return [attempt, again];
}
