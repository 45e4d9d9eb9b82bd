import { useEffect, useState } from "react";
import { client } from "../state/client";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Icon } from "../ui/icon";

/** Milliseconds without a connection until a bar is shown (rule W17). */
const DELAY = 2_000;

/** Bars that report trouble with the connection or the device. */
export function TroubleBars() {
  return (
    <>
      <OfflineBar />
      <DeviceFullBar />
    </>
  );
}

function DeviceFullBar() {
  const full = useStore((state) => state.deviceFull);
  if (!full) return null;
  return (
    <div className="offline" role="status">
      <Icon name="alert" size={18} />
      <span>
        <b>{t.deviceFull}</b> {t.deviceFullText}
      </span>
    </div>
  );
}

function OfflineBar() {
  const online = useStore((state) => state.link === "online");
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (online) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), DELAY);
    return () => clearTimeout(timer);
  }, [online]);
  const full = useStore((state) => state.deviceFull);
  if (!shown) return null;
  return (
    <div className="offline" role="status">
      <Icon name="offline" size={18} />
      <span>
        <b>{t.offline}</b> {!full && t.offlineText}
      </span>
      <button className="btn" type="button" onClick={() => client.retryNow()}>
        {t.tryNow}
      </button>
    </div>
  );
}
