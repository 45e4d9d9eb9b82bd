import type { Conversation } from "backchannel-client";
import { setBlocked, useIsBlocked } from "../state/blocking";
import { changeSettings, isMuted, isUnread, mute, setUnread } from "../state/conversation-settings";
import { t } from "../strings";
import { ContextMenu, type MenuEntry } from "../ui/context-menu";
import { nameOf } from "./names";

export interface ConversationMenuFor {
  readonly conversation: Conversation;
  readonly x: number;
  readonly y: number;
}

interface Props {
  readonly at: ConversationMenuFor;
  readonly onClose: () => void;
}

const NIGHT = 8;

/** The settings of a conversation in the list. */
export function ConversationMenu({ at: { conversation, x, y }, onClose }: Props) {
  const blocked = useIsBlocked(conversation.peer_id);
  return (
    <ContextMenu
      x={x}
      y={y}
      label={t.conversationActions}
      entries={entriesFor(conversation, blocked)}
      onClose={onClose}
    />
  );
}

function entriesFor(conversation: Conversation, blocked: boolean): readonly MenuEntry[] {
  const { kind, peer_id } = conversation;
  const { pinned, archived } = conversation.settings;
  const unread = isUnread(conversation);
  const muting: readonly MenuEntry[] = isMuted(conversation)
    ? [{ icon: "bell", label: t.unmute, act: () => void mute(conversation, 0) }]
    : [
        { icon: "clock", label: t.muteFor(NIGHT), act: () => void mute(conversation, NIGHT) },
        {
          icon: "mute",
          label: t.mute,
          act: () => void mute(conversation, Number.POSITIVE_INFINITY),
        },
      ];
  const block: MenuEntry = {
    icon: "block",
    label: (blocked ? t.unblock : t.block)(nameOf(conversation)),
    danger: true,
    act: () => void setBlocked(peer_id, !blocked),
  };
  return [
    {
      icon: "pin",
      label: pinned ? t.unpin : t.pin,
      act: () => void changeSettings(conversation, { pinned: !pinned }),
    },
    {
      icon: unread ? "checks" : "message",
      label: unread ? t.markRead : t.markUnread,
      act: () => void setUnread(conversation, !unread),
    },
    ...muting,
    {
      icon: "archive",
      label: archived ? t.unarchive : t.archive,
      act: () => void changeSettings(conversation, { archived: !archived }),
    },
    ...(kind === "direct" ? [block] : []),
  ];
}
