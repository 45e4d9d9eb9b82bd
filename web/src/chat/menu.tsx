import type { Message } from "backchannel-client";
import { react, showToast } from "../state/actions";
import { remove } from "../state/removals";
import { t } from "../strings";
import { ContextMenu, type MenuEntry } from "../ui/context-menu";

export interface MenuFor {
  readonly message: Message;
  readonly mine: boolean;
  readonly x: number;
  readonly y: number;
}

interface Props {
  readonly at: MenuFor;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (message: Message) => void;
  readonly onClose: () => void;
}

const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
/** What can be done with a message. */
export function MessageMenu({ at, onReply, onEdit, onClose }: Props) {
  const { message, mine, x, y } = at;
  const editing: MenuEntry = {
    icon: "edit",
    label: t.edit,
    keys: "E",
    act: () => onEdit(message),
  };
  const deletion: MenuEntry = {
    icon: "trash",
    label: t.delete,
    keys: "Del",
    danger: true,
    act: () => void remove(message),
  };
  const entries: readonly MenuEntry[] = [
    { icon: "reply", label: t.reply, keys: "R", act: () => onReply(message) },
    ...(mine && message.body ? [editing] : []),
    { icon: "copy", label: t.copyText, keys: "C", act: () => void copy(message) },
    ...(mine ? [deletion] : []),
  ];
  return (
    <ContextMenu x={x} y={y} label={t.messageActions} entries={entries} onClose={onClose}>
      <div className="quickreact" role="group" aria-label={t.react}>
        {QUICK.map((emoji) => (
          <button
            key={emoji}
            type="button"
            aria-label={t.reactWith(emoji)}
            onClick={() => {
              onClose();
              void react(message, emoji);
            }}
          >
            {emoji}
          </button>
        ))}
      </div>
    </ContextMenu>
  );
}

export async function copy(message: Message): Promise<void> {
  await navigator.clipboard.writeText(message.body);
  showToast(t.copied);
}
