import { useState } from "react";
import { setBlocked, useIsBlocked } from "../state/blocking";
import { useStore } from "../state/store";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { Icon } from "../ui/icon";

const ReportDialog = deferred(() => import("./report-dialog").then((module) => module.default));

/** The latest messages that a report shows to the operator. */
const REPORTED = 5;

interface Props {
  readonly id: string;
  readonly peerId: string;
  readonly name: string;
}

/** Block the other user, or report them to the operator. */
export function BlockGroup({ id, peerId, name }: Props) {
  const messages = useStore((state) => state.threads[id]?.messages);
  const latest = (messages ?? [])
    .filter((each) => each.sender_id === peerId && each.deleted_at === null)
    .slice(-REPORTED)
    .map((each) => each.seq);
  const blocked = useIsBlocked(peerId);
  const [reporting, setReporting] = useState(false);
  return (
    <div className="group">
      <button
        className="line-item line-item--danger"
        type="button"
        onClick={() => void setBlocked(peerId, !blocked)}
      >
        <Icon name="block" />
        <span className="grow">{blocked ? t.unblock(name) : t.block(name)}</span>
      </button>
      <button
        className="line-item line-item--danger"
        type="button"
        onClick={() => setReporting(true)}
      >
        <Icon name="flag" />
        <span className="grow">{t.reportPerson(name)}</span>
      </button>
      {reporting && (
        <ReportDialog
          peerId={peerId}
          name={name}
          messages={latest}
          onClose={() => setReporting(false)}
        />
      )}
    </div>
  );
}
