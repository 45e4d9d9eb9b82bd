/** Keys that work everywhere in the chat (rule W14). */

import { useLayoutEffect } from "react";
import { isUnread } from "../state/conversation-settings";
import { inOrder } from "../state/model";
import { getState } from "../state/store";
import { go } from "../ui/location";

interface Options {
  readonly current: string | null;
  readonly onPalette: () => void;
  readonly onKeyboard: () => void;
  readonly onSearch: () => void;
  /** Closes the pane that Escape closes; null if there is none. */
  readonly onClose: (() => void) | null;
}

const REGIONS = ["#conversations", ".conversation", "#message-field"];

export function useShortcuts(options: Options): void {
  const { current, onPalette, onKeyboard, onSearch, onClose } = options;
  // A layout effect: the keys work as soon as the page is shown.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const control = event.ctrlKey || event.metaKey;
      if (control && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onPalette();
      } else if (control && !event.altKey && current && event.key.toLowerCase() === "f") {
        event.preventDefault();
        onSearch();
      } else if (control && !event.altKey && event.key === "/") {
        event.preventDefault();
        onKeyboard();
      } else if (event.altKey && !control && /^Arrow(Up|Down)$/.test(event.key)) {
        event.preventDefault();
        const next = neighbour(current, event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
        if (next) go(`/c/${next}`);
      } else if (event.key === "F6") {
        event.preventDefault();
        focusRegion(event.shiftKey ? -1 : 1);
      } else if (
        event.key === "Escape" &&
        (current || onClose) &&
        !document.querySelector("dialog[open]")
      ) {
        if (onClose) onClose();
        else document.querySelector<HTMLElement>(".jump.is-shown")?.click();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [current, onPalette, onKeyboard, onSearch, onClose]);
}

function neighbour(current: string | null, step: 1 | -1, unreadOnly: boolean): string | null {
  const all = inOrder(getState().conversations).filter(
    (each) => each.id === current || (!each.settings.archived && (!unreadOnly || isUnread(each))),
  );
  const at = all.findIndex((each) => each.id === current);
  const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
  return next && next.id !== current ? next.id : null;
}

function focusRegion(step: 1 | -1): void {
  const regions = REGIONS.map((each) => document.querySelector<HTMLElement>(each)).filter(
    (each) => each !== null,
  );
  const at = regions.findLastIndex((each) => each.contains(document.activeElement));
  regions.at((at + step + regions.length) % regions.length)?.focus();
}
