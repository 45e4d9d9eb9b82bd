import type { Message } from "backchannel-client";
import { type CSSProperties, type KeyboardEvent, useEffect, useRef } from "react";
import { react, showToast } from "../state/actions";
import { remove } from "../state/removals";
import { t } from "../strings";
import { Icon, type IconName } from "../ui/icon";

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
const WIDTH = 300;
const HEIGHT = 290;

interface Entry {
  readonly icon: IconName;
  readonly label: string;
  readonly keys: string;
  readonly danger?: boolean;
  readonly act: () => void;
}

/** What can be done with a message; on a narrow screen a sheet from below. */
export function MessageMenu({ at, onReply, onEdit, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>(".menu__item")?.focus();
  }, []);
  const { message, mine } = at;
  const entries: Entry[] = [
    { icon: "reply", label: t.reply, keys: "R", act: () => onReply(message) },
    ...(mine && message.body
      ? [{ icon: "edit", label: t.edit, keys: "E", act: () => onEdit(message) } as const]
      : []),
    { icon: "copy", label: t.copyText, keys: "C", act: () => void copy(message) },
    ...(mine
      ? [
          {
            icon: "trash",
            label: t.delete,
            keys: "Del",
            danger: true,
            act: () => void remove(message),
          } as const,
        ]
      : []),
  ];
  const choose = (act: () => void) => {
    onClose();
    act();
  };
  const style = {
    "--x": `${Math.max(8, Math.min(at.x, innerWidth - WIDTH))}px`,
    "--y": `${Math.max(8, Math.min(at.y, innerHeight - HEIGHT))}px`,
  } as CSSProperties;
  return (
    <dialog
      ref={dialog}
      className="context"
      style={style}
      aria-label={t.messageActions}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="quickreact" role="group" aria-label={t.react}>
        {QUICK.map((emoji) => (
          <button
            key={emoji}
            type="button"
            aria-label={t.reactWith(emoji)}
            onClick={() => choose(() => void react(message, emoji))}
          >
            {emoji}
          </button>
        ))}
      </div>
      <div className="menu" role="menu" aria-label={t.message} tabIndex={-1} onKeyDown={moveFocus}>
        <div className="grab" role="none" />
        {entries.map((entry) => (
          <button
            key={entry.keys}
            className={`menu__item${entry.danger ? " menu__item--danger" : ""}`}
            type="button"
            role="menuitem"
            onClick={() => choose(entry.act)}
          >
            <Icon name={entry.icon} />
            <span>{entry.label}</span>
            <kbd>{entry.keys}</kbd>
          </button>
        ))}
      </div>
    </dialog>
  );
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>(".menu__item")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  items.at((at + step) % items.length)?.focus();
}

export async function copy(message: Message): Promise<void> {
  await navigator.clipboard.writeText(message.body);
  showToast(t.copied);
}
