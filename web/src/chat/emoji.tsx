import { lazy, Suspense, useEffect, useRef } from "react";
import { t } from "../strings";

const Picker = lazy(() => import("./emoji-picker"));

interface Props {
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** All emoji, above the composer. Escape and a press outside close it. */
export function EmojiPicker({ onPick, onClose }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const leave = (event: Event) => {
      if (event.target instanceof Node && !panel.current?.contains(event.target)) onClose();
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      onClose();
    };
    addEventListener("pointerdown", leave);
    addEventListener("keydown", key, { capture: true });
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("keydown", key, { capture: true });
    };
  }, [onClose]);
  return (
    <div className="picker" role="dialog" aria-label={t.emoji} ref={panel}>
      <Suspense fallback={<div className="picker__loading" />}>
        <Picker onPick={onPick} />
      </Suspense>
    </div>
  );
}
