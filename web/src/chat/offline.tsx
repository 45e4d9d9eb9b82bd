import { useEffect, useState } from "react";
import { client } from "../state/client";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Icon } from "../ui/icon";

/** Milliseconds without a connection until it is worth a bar (rule W17). */
const PATIENCE = 2_000;

export function OfflineBar() {
  const online = useStore((state) => state.link === "online");
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (online) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [online]);
  if (!shown) return null;
  return (
    <div className="offline" role="status">
      <Icon name="offline" size={18} />
      <span>
        <b>{t.offline}</b> {t.offlineText}
      </span>
      <button className="btn" type="button" onClick={() => client.retryNow()}>
        {t.tryNow}
      </button>
    </div>
  );
}
