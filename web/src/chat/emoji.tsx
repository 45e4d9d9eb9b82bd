import { useEffect, useRef } from "react";
import { t } from "../strings";

/** The emoji offered: those that chats use most. The system's own picker has all of them. */
const EMOJI = [
  ..."👍❤😂🙏🔥🎉😊😍😭🤔😅😎🥳😉😘🙂😇🤗🤩😋😜🤓😴😬😮😢😡🥺🫠🤯👀👏🙌💪🤝👎",
  ..."👋✌🤞💙💚🧡💔⭐✨☀🌧🌊🌱🌸🍀🍋🍰🍕☕🍻🎁🎂🎵📷💡📌✅❌❓❗⏰🚲🚆🏠",
].map((each) => (/\p{Emoji_Presentation}/u.test(each) ? each : `${each}\ufe0f`));

interface Props {
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** A small picker above the composer. */
export function EmojiPicker({ onPick, onClose }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    panel.current?.querySelector("button")?.focus();
    const leave = (event: Event) => {
      if (event.target instanceof Node && !panel.current?.contains(event.target)) onClose();
    };
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") onClose();
    };
    addEventListener("pointerdown", leave);
    addEventListener("keydown", key);
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("keydown", key);
    };
  }, [onClose]);
  return (
    <div className="picker" role="dialog" aria-label={t.emoji} ref={panel}>
      <div className="picker__grid" role="group" aria-label={t.emoji}>
        <ul>
          {EMOJI.map((emoji) => (
            <li key={emoji}>
              <button type="button" aria-label={emoji} onClick={() => onPick(emoji)}>
                {emoji}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
