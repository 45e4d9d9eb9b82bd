import { useEffect, useState } from "react";
import type { Removal } from "../state/database";
import { undoRemoval } from "../state/removals";
import { useStore } from "../state/store";
import { t } from "../strings";

/** Short notices above the composer. */
export function ToastPlace() {
  const toast = useStore((state) => state.toast);
  const removals = useUndoable();
  if (!toast && removals.length === 0) return null;
  return (
    <div className="toast-place">
      {toast && (
        <div className="toast" role="status">
          <span>{toast.text}</span>
        </div>
      )}
      {removals.map((removal) => (
        <div className="toast" role="status" key={removal.id}>
          <span>{t.messageDeleted}</span>
          <button className="btn" type="button" onClick={() => void undoRemoval(removal)}>
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

/** The deletions that can still be undone, the newest last. */
function useUndoable(): readonly Removal[] {
  const removals = useStore((state) => state.removals);
  const [now, setNow] = useState(Date.now());
  const undoable = Object.values(removals)
    .filter((each) => each.due > now)
    .sort((one, other) => one.due - other.due);
  const next = undoable[0]?.due ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new deletion is looked at at once
  useEffect(() => {
    setNow(Date.now());
    const wait = next - Date.now();
    if (wait <= 0) return;
    const timer = setTimeout(() => setNow(Date.now()), wait + 10);
    return () => clearTimeout(timer);
  }, [next, removals]);
  return undoable;
}
