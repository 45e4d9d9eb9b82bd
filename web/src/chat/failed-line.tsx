import type { Outgoing } from "backchannel-client";
import { useMemo } from "react";
import { discard, retry } from "../state/actions";
import { t } from "../strings";
import { useRefusalText } from "../strings/refusals";
import { Icon } from "../ui/icon";

/** The reason why a message was not sent, and the actions for it. */
export default function FailedLine({
  outgoing,
  onEdit,
}: {
  readonly outgoing: Outgoing;
  readonly onEdit: (outgoing: Outgoing) => void;
}) {
  return (
    <div className="state-line state-line--failed" role="status">
      <span>{t.failed}</span>
      <button
        className="btn btn--danger"
        type="button"
        onClick={() => void retry(outgoing.client_id)}
      >
        <Icon name="retry" size={16} />
        {t.retry}
      </button>
      <button className="btn btn--bare" type="button" onClick={() => onEdit(outgoing)}>
        {t.edit}
      </button>
      <button
        className="btn btn--bare"
        type="button"
        onClick={() => void discard(outgoing.client_id)}
      >
        {t.discard}
      </button>
      {outgoing.failed && <Reason {...outgoing.failed} />}
    </div>
  );
}

/** Why a message was refused. */
function Reason({ code, message }: NonNullable<Outgoing["failed"]>) {
  const refusal = useMemo(() => ({ code, message, field: "body" }), [code, message]);
  return <span className="state-line__reason">{useRefusalText(refusal)}</span>;
}
