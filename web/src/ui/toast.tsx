import { useEffect, useLayoutEffect, useState } from "react";
import { create } from "zustand";
import { undoRemoval } from "../state/removals";
import type { Removal } from "../state/schema";
import { useStore } from "../state/store";
import { t } from "../strings";
import { focusFirst } from "./focus";

/** The areas on the page; the last one is in front. */
const useAreas = create<{ readonly areas: readonly symbol[] }>(() => ({ areas: [] }));

interface Props {
  /** At the lower edge of the page, if there is no composer. */
  readonly page?: boolean;
}

/** Toasts, in the foremost area: above the composer, or over a dialog that covers it. */
export function ToastArea({ page = false }: Props) {
  const [area] = useState(() => Symbol());
  const inFront = useAreas(({ areas }) => areas.at(-1) === area);
  useLayoutEffect(() => {
    useAreas.setState(({ areas }) => ({ areas: [...areas, area] }));
    return () => useAreas.setState(({ areas }) => ({ areas: areas.filter((one) => one !== area) }));
  }, [area]);
  return inFront && <Toasts page={page} />;
}

function Toasts({ page = false }: Props) {
  const toast = useStore((state) => state.toast);
  const removals = useUndoable();
  if (!toast && removals.length === 0) return null;
  return (
    <div className={page ? "toast-area toast-area--page" : "toast-area"}>
      {toast && (
        <div className="toast" role="status">
          <span>{toast.text}</span>
        </div>
      )}
      {removals.map((removal) => (
        <div className="toast" role="status" key={removal.id}>
          <span>{t.messageDeleted}</span>
          <button className="btn" type="button" onClick={() => undo(removal)}>
            <svg className="ring ring--countdown" viewBox="0 0 20 20" aria-hidden>
              <circle cx="10" cy="10" r="8" />
              <circle cx="10" cy="10" r="8" />
            </svg>
            {t.undo}
          </button>
        </div>
      ))}
    </div>
  );
}

/** The button disappears with the focus, which the restored message gets. */
function undo(removal: Removal): void {
  focusFirst(`.thread [data-seq="${removal.seq}"]`, ".thread");
  void undoRemoval(removal);
}

/** The deletions that can still be undone, the newest last. */
function useUndoable(): readonly Removal[] {
  const removals = useStore((state) => state.removals);
  const [now, setNow] = useState(Date.now());
  const undoable = Object.values(removals)
    .filter((each) => each.due > now)
    .sort((one, other) => one.due - other.due);
  const next = undoable[0]?.due ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new deletion is checked at once
  useEffect(() => {
    setNow(Date.now());
    const wait = next - Date.now();
    if (wait <= 0) return;
    const timer = setTimeout(() => setNow(Date.now()), wait + 10);
    return () => clearTimeout(timer);
  }, [next, removals]);
  return undoable;
}
