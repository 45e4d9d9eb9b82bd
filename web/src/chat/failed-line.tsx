import type { Outgoing } from "backchannel-client";
import { discard, retry } from "../state/actions";
import { t } from "../strings";
import { Icon } from "../ui/icon";

/** Why a message was not sent, and what can be done about it. */
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
      {outgoing.failed && (
        <span className="state-line__reason" dir="auto">
          {reasonOf(outgoing.failed)}
        </span>
      )}
    </div>
  );
}

/** Why a message was refused, in the user's language where the client has a text for it. */
function reasonOf({ code, message }: NonNullable<Outgoing["failed"]>): string {
  const texts = new Map([
    ["blocked", t.blockedNotice],
    ["request_unanswered", t.requestUnanswered],
    ["not_found", t.recipientOrFileGone],
    ["account_disabled", t.senderDisabled],
  ]);
  return texts.get(code) ?? message;
}
