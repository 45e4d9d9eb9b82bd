import {
  type CSSProperties,
  Fragment,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useRef,
} from "react";
import { useModal } from "./dialog";
import { Icon, type IconName } from "./icon";

export interface MenuEntry {
  readonly icon: IconName;
  readonly label: string;
  /** The key that does the same. */
  readonly keys?: string;
  readonly danger?: boolean;
  readonly act: () => void;
}

interface Props {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly onClose: () => void;
  /** Content above the entries. */
  readonly children?: ReactNode;
}

/** Pixels between the menu and the edge of the window. */
const MARGIN = 8;
const WIDTH = 300;
const ENTRY = 36;
const REST = 123;
/** Pixels that a sheet must be dragged down to close. */
const CLOSE_DISTANCE = 80;

/** The actions for an element at a point; on a narrow screen, a sheet from below. */
export function ContextMenu({ x, y, label, entries, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const drag = useDragDown(dialog, onClose);
  useModal(dialog, onClose);
  useEffect(() => dialog.current?.querySelector<HTMLElement>(".menu__item")?.focus(), []);
  const height = entries.length * ENTRY + REST;
  const style = {
    "--x": `${Math.max(MARGIN, Math.min(x, innerWidth - WIDTH - MARGIN))}px`,
    "--y": `${Math.max(MARGIN, Math.min(y, innerHeight - height))}px`,
  } as CSSProperties;
  return (
    <dialog
      ref={dialog}
      className="context"
      style={style}
      aria-label={label}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      {children}
      <div className="menu" role="menu" aria-label={label} tabIndex={-1} onKeyDown={moveFocus}>
        <div className="drag-handle" role="none" {...drag} />
        {entries.map((entry, index) => (
          <Fragment key={entry.label}>
            {entry.danger && index > 0 && !entries[index - 1]?.danger && (
              <hr className="menu__sep" />
            )}
            <button
              className={`menu__item${entry.danger ? " menu__item--danger" : ""}`}
              type="button"
              role="menuitem"
              onClick={() => {
                onClose();
                entry.act();
              }}
            >
              <Icon name={entry.icon} />
              <span>{entry.label}</span>
              {entry.keys && <kbd>{entry.keys}</kbd>}
            </button>
          </Fragment>
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

/** The sheet follows the finger down, and closes or returns when it is released. */
function useDragDown(sheet: React.RefObject<HTMLElement | null>, onClose: () => void) {
  const from = useRef<number | null>(null);
  const move = (by: number) => sheet.current?.style.setProperty("--drag", `${by}px`);
  const end = (event: PointerEvent) => {
    if (from.current === null) return;
    const far = event.clientY - from.current > CLOSE_DISTANCE;
    from.current = null;
    if (far && event.type === "pointerup") onClose();
    else move(0);
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      from.current = event.clientY;
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent) => {
      if (from.current !== null) move(Math.max(0, event.clientY - from.current));
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
