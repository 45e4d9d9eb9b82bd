import type { Message } from "backchannel-client";
import { t } from "../strings";
import { Icon } from "../ui/icon";
import type { ThreadActions } from "./message";

const QUICK = ["👍", "❤️", "😂"];

/** One bar for the whole list, at the message under the pointer. */
export function HoverBar({
  message,
  actions,
}: {
  readonly message: Message;
  readonly actions: ThreadActions;
}) {
  return (
    <div className="actions" role="group" aria-label={t.messageActions}>
      {QUICK.map((emoji) => (
        <button
          key={emoji}
          type="button"
          aria-label={t.reactWith(emoji)}
          onClick={() => actions.react(message, emoji)}
        >
          {emoji}
        </button>
      ))}
      <hr aria-hidden />
      <button
        type="button"
        aria-label={t.moreReactions}
        aria-haspopup="dialog"
        onClick={() => actions.pick(message)}
      >
        <Icon name="react" size={18} />
      </button>
      <button type="button" aria-label={t.reply} onClick={() => actions.reply(message)}>
        <Icon name="reply" size={18} />
      </button>
      <button
        type="button"
        aria-label={t.more}
        aria-haspopup="menu"
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          actions.menu(message, box.left, box.bottom + 6);
        }}
      >
        <Icon name="more" size={18} />
      </button>
    </div>
  );
}
