import "../styles/settings.css";
import "../styles/settings-controls.css";
import { t } from "../strings/settings";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { KeyList } from "../ui/key-list";

/** The keys, over the chat (rule W14). */
export function KeyboardSheet({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog label={t.keyboard} narrow onClose={onClose}>
      <div className="dialog__head">
        <h2>{t.keyboard}</h2>
        <button className="icon-btn" type="button" aria-label={t.close} onClick={onClose} autoFocus>
          <Icon name="close" />
        </button>
      </div>
      <div className="dialog__body" tabIndex={0}>
        <KeyList />
      </div>
    </Dialog>
  );
}
