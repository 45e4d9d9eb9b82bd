import type { Message } from "backchannel-client";
import { useState } from "react";
import { react } from "../state/actions";
import { remove } from "../state/removals";
import { useStore } from "../state/store";
import { t } from "../strings";
import { ContextMenu, type MenuEntry } from "../ui/context-menu";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { AllEmoji } from "./emoji";
import { copy, type MenuFor } from "./menu";
import { isEditable } from "./message-actions";

interface Props {
  readonly at: MenuFor;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (message: Message) => void;
  readonly onForward: (message: Message) => void;
  /** Null if the message cannot be reported. */
  readonly onReport: ((message: Message) => void) | null;
  /** Null if there are no receipts. */
  readonly onTimes: ((message: Message) => void) | null;
  readonly onClose: () => void;
}

const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** The actions for a message. */
export function MessageMenu({ at, onReply, onEdit, onForward, onReport, onTimes, onClose }: Props) {
  const { message, mine, x, y } = at;
  const myId = useStore((state) => state.me?.id ?? "");
  const [picking, setPicking] = useState(at.picking ?? false);
  const choose = (emoji: string) => {
    onClose();
    void react(message, emoji);
  };
  if (picking) return <ReactionPicker onPick={choose} onClose={onClose} />;
  const editing: MenuEntry = {
    icon: "edit",
    label: t.edit,
    keys: "E",
    act: () => onEdit(message),
  };
  const copying: MenuEntry = {
    icon: "copy",
    label: t.copyText,
    keys: "C",
    act: () => void copy(message),
  };
  const deletion: MenuEntry = {
    icon: "trash",
    label: t.delete,
    keys: t.keys.delete,
    danger: true,
    act: () => void remove(message),
  };
  const report = onReport && {
    icon: "flag" as const,
    label: t.report,
    danger: true,
    act: () => onReport(message),
  };
  const times = onTimes && {
    icon: "clock" as const,
    label: t.deliveryTimes,
    act: () => onTimes(message),
  };
  const entries: readonly MenuEntry[] = [
    { icon: "reply", label: t.reply, keys: "R", act: () => onReply(message) },
    ...(isEditable(message, myId) ? [editing] : []),
    ...(message.body ? [copying] : []),
    { icon: "forward", label: t.forward, act: () => onForward(message) },
    ...(times ? [times] : []),
    ...(mine ? [deletion] : []),
    ...(report ? [report] : []),
  ];
  return (
    <ContextMenu x={x} y={y} label={t.messageActions} entries={entries} onClose={onClose}>
      <div className="quick-reactions" role="group" aria-label={t.react}>
        {QUICK.map((emoji) => (
          <button
            key={emoji}
            type="button"
            aria-label={t.reactWith(emoji)}
            onClick={() => choose(emoji)}
          >
            {emoji}
          </button>
        ))}
        <button type="button" aria-label={t.moreEmoji} onClick={() => setPicking(true)}>
          <Icon name="plus" />
        </button>
      </div>
    </ContextMenu>
  );
}

interface PickerProps {
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** All emoji, to react with one of them. */
function ReactionPicker({ onPick, onClose }: PickerProps) {
  return (
    <Dialog label={t.react} narrow onClose={onClose}>
      <div className="picker">
        <AllEmoji onPick={onPick} />
      </div>
    </Dialog>
  );
}
