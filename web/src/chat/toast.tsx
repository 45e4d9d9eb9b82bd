import { useEffect, useState } from "react";
import type { Removal } from "../state/database";
import { undoRemoval } from "../state/removals";
import { useStore } from "../state/store";
import { t } from "../strings";

/** Short notices above the composer. */
export function ToastPlace() {
  const toast = useStore((state) => state.toast);
  const removal = useUndoable();
  if (!toast && !removal) return null;
  return (
    <div className="toast-place">
      {toast && (
        <div className="toast" role="status">
          <span>{toast.text}</span>
        </div>
      )}
      {removal && (
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
      )}
    </div>
  );
}

/** The newest deletion, as long as it can be undone. */
function useUndoable(): Removal | null {
  const removals = useStore((state) => state.removals);
  const newest = Object.values(removals).sort((one, other) => other.due - one.due)[0];
  const due = newest?.due ?? 0;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    setNow(Date.now());
    const wait = due - Date.now();
    if (wait <= 0) return;
    const timer = setTimeout(() => setNow(Date.now()), wait + 10);
    return () => clearTimeout(timer);
  }, [due]);
  return newest && due > now ? newest : null;
}
