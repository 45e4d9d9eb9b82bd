/** The message at the pointer or the keyboard, and the keys that act on it (rule W14). */

import type { FileInfo, Message } from "backchannel-client";
import {
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  useCallback,
  useMemo,
  useRef,
  useState,
} from "react";
import { react } from "../state/actions";
import { remove } from "../state/removals";
import { copy, type MenuFor } from "./menu";
import type { ThreadActions } from "./message";

interface ActionOptions {
  readonly myId: string;
  readonly jump: (seq: number) => void;
  readonly onReply: (message: Message) => void;
  readonly setMenu: (menu: MenuFor) => void;
  readonly setPhoto: (file: FileInfo) => void;
}

/** Always the same object, so that messages are not drawn anew. */
export function useActions(options: ActionOptions): ThreadActions {
  const latest = useRef(options);
  latest.current = options;
  return useMemo(
    () => ({
      jump: (seq) => latest.current.jump(seq),
      react: (message, emoji) => void react(message, emoji),
      photo: (file) => latest.current.setPhoto(file),
      reply: (message) => latest.current.onReply(message),
      pick: (message) => {
        const mine = message.sender_id === latest.current.myId;
        latest.current.setMenu({ message, mine, x: 0, y: 0, picking: true });
      },
      menu: (message, x, y) => {
        const mine = message.sender_id === latest.current.myId;
        latest.current.setMenu({ message, mine, x, y });
      },
    }),
    [],
  );
}

/** True if the message is the user's and has a text: only texts can be edited. */
export function isEditable(message: Message, myId: string): boolean {
  return message.sender_id === myId && message.deleted_at === null && message.body !== "";
}

interface KeyOptions {
  readonly myId: string;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (message: Message) => void;
}

export function useHover(
  messages: ReadonlyMap<number, Message>,
  actions: ThreadActions,
  { myId, onReply, onEdit }: KeyOptions,
) {
  const [seq, setSeq] = useState(0);
  const at = useCallback(
    (target: EventTarget) => {
      const element = target instanceof Element ? target.closest<HTMLElement>("[data-seq]") : null;
      return messages.get(Number(element?.dataset.seq ?? 0));
    },
    [messages],
  );
  const handlers = {
    onPointerOver: (event: PointerEvent) => {
      if (event.pointerType === "mouse") setSeq(at(event.target)?.seq ?? 0);
    },
    onPointerLeave: () => setSeq(0),
    onContextMenu: (event: MouseEvent) => {
      const message = at(event.target);
      const onLink = event.target instanceof Element && event.target.closest("a");
      if (!message || message.deleted_at || onLink || getSelection()?.toString()) return;
      event.preventDefault();
      actions.menu(message, event.clientX, event.clientY);
    },
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        if (focusNext(event.currentTarget, event.key === "ArrowDown" ? 1 : -1)) {
          event.preventDefault();
        }
        return;
      }
      const own = event.target instanceof Element && event.target.matches("[data-seq]");
      const message = own ? at(event.target) : undefined;
      if (!message || message.deleted_at) return;
      const mine = message.sender_id === myId;
      const box = (event.target as Element).getBoundingClientRect();
      const open = () => actions.menu(message, box.left + 24, box.bottom);
      const keys = new Map([
        ["r", () => onReply(message)],
        ["+", open],
        ["enter", open],
      ]);
      if (message.body) keys.set("c", () => void copy(message));
      if (isEditable(message, myId)) keys.set("e", () => onEdit(message));
      if (mine) keys.set("delete", () => void remove(message));
      const act = keys.get(event.key.toLowerCase());
      if (act) {
        event.preventDefault();
        act();
      }
    },
  };
  return { seq, handlers };
}

/** Move the focus among the drawn messages; from the thread itself to the newest. */
function focusNext(thread: HTMLElement, step: 1 | -1): boolean {
  const all = [...thread.querySelectorAll<HTMLElement>("article")];
  const current = document.activeElement?.closest("article") ?? null;
  const at = current === null ? -1 : all.indexOf(current);
  const next = at < 0 ? (step < 0 ? all.at(-1) : undefined) : all[at + step];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}
