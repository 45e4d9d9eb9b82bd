import { useStore } from "../state/store";
import { t } from "../strings";

/** A short notice above the composer. */
export function ToastPlace() {
  const toast = useStore((state) => state.toast);
  if (!toast) return null;
  return (
    <div className="toast-place">
      <div className="toast" role="status">
        <span>{toast.text}</span>
        {toast.undo && (
          <button className="btn" type="button" onClick={toast.undo}>
            <svg className="ring ring--countdown" viewBox="0 0 20 20" aria-hidden>
              <circle cx="10" cy="10" r="8" />
              <circle cx="10" cy="10" r="8" />
            </svg>
            {t.undo}
          </button>
        )}
      </div>
    </div>
  );
}
