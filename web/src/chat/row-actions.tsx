/** The actions for a row of the list, in its menu and by swiping on a touch screen. */

import type { Conversation } from "backchannel-client";
import { type MouseEvent, useState } from "react";
import { changeSettings, isUnread, setUnread } from "../state/conversation-settings";
import { getState } from "../state/store";
import { Icon } from "../ui/icon";
import { useSwipe } from "../ui/swipe";
import type { ConversationMenuFor } from "./conversation-menu";

export function useRowActions() {
  const [menu, setMenu] = useState<ConversationMenuFor | null>(null);
  const [swiped, setSwiped] = useState<string | null>(null);
  const swipe = useSwipe({
    selector: ".row",
    sides: ["start", "end"],
    onBegin: (row) => setSwiped(row.dataset.id ?? null),
    onEnd: () => setSwiped(null),
    onHold: (row, x, y) => {
      const conversation = of(row);
      if (conversation) setMenu({ conversation, x, y });
    },
    onSwipe: (row, side) => {
      const conversation = of(row);
      if (!conversation) return;
      const { archived } = conversation.settings;
      if (side === "end") void setUnread(conversation, !isUnread(conversation));
      else void changeSettings(conversation, { archived: !archived });
    },
  });
  const onContextMenu = (event: MouseEvent) => {
    const row = (event.target as Element).closest<HTMLElement>(".row");
    const conversation = row && of(row);
    if (!conversation) return;
    event.preventDefault();
    const box = row.getBoundingClientRect();
    // The keyboard's menu key has no position.
    const [x, y] = event.clientX ? [event.clientX, event.clientY] : [box.left + 24, box.bottom];
    setMenu({ conversation, x, y });
  };
  return {
    menu,
    swiped,
    closeMenu: () => setMenu(null),
    handlers: { ...swipe, onContextMenu },
  };
}

function of(row: HTMLElement): Conversation | undefined {
  return getState().conversations[row.dataset.id ?? ""];
}

/** The label of a swipe's action, behind the row that is swiped. */
export function SwipeIcons({ conversation }: { readonly conversation: Conversation }) {
  return (
    <span className="swipe-icons" aria-hidden>
      <Icon name={isUnread(conversation) ? "checks" : "message"} />
      <Icon name="archive" />
    </span>
  );
}
