import { useEffect, useRef } from "react";
import { t } from "../strings";
import { deferred } from "../ui/deferred";

export const AllEmoji = deferred(
  () => import("./emoji-picker").then((module) => module.default),
  <div className="picker__loading" />,
);

interface Props {
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** All emoji, above the composer. Escape and a press outside close it. */
export function EmojiPicker({ onPick, onClose }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const leave = ({ target }: Event) => {
      if (!(target instanceof Element) || panel.current?.contains(target)) return;
      // The button that has opened it closes it with its click.
      if (!target.closest('[aria-expanded="true"]')) onClose();
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
      <AllEmoji onPick={onPick} />
    </div>
  );
}
