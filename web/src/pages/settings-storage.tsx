import { useCallback, useEffect, useState } from "react";
import { forgetAllContents } from "../state/content";
import { t } from "../strings/settings";
import { size } from "../ui/format";
import { Section, SetLine } from "./settings";

/** The storage that the client uses on this device. */
export function Storage() {
  const [used, setUsed] = useState<number | null>(null);
  const measure = useCallback(async () => {
    const { usage } = (await navigator.storage?.estimate()) ?? {};
    setUsed(usage ?? null);
  }, []);
  useEffect(() => void measure().catch(() => {}), [measure]);
  return (
    <Section id="storage" title={t.storage}>
      <div className="panel">
        <SetLine title={t.storageUsed} hint={t.storageUsedHint}>
          <span className="num">{used === null ? "–" : size(used)}</span>
        </SetLine>
        <SetLine title={t.keptMedia} hint={t.keptMediaHint}>
          <button
            className="btn btn--quiet btn--small"
            type="button"
            onClick={() => void forgetAllContents().then(measure)}
          >
            {t.keptMediaAction}
          </button>
        </SetLine>
      </div>
    </Section>
  );
}
