import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { ToastArea } from "./toast";

interface Props {
  readonly label: string;
  readonly narrow?: boolean;
  readonly className?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A native modal dialog: the browser keeps the focus in it, and Escape closes it. */
export function Dialog({ label, narrow = false, className = "", onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog, onClose);
  useEffect(() => {
    // `autoFocus` is applied before the dialog is shown, and has no effect.
    dialog.current?.querySelector<HTMLElement>("input[type=text], input[type=password]")?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`sheet${narrow ? " sheet--narrow" : ""} ${className}`}
      aria-label={label}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      {children}
      <ToastArea page />
    </dialog>
  );
}

/** Show the dialog while it is mounted, and restore the focus afterwards. */
export function useModal(dialog: RefObject<HTMLDialogElement | null>, onClose: () => void): void {
  const latest = useRef(onClose);
  latest.current = onClose;
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    // Not every Escape has a `cancel` event; each closes the dialog.
    const closed = () => latest.current();
    element?.addEventListener("close", closed);
    element?.showModal();
    return () => {
      element?.removeEventListener("close", closed);
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, [dialog]);
}
