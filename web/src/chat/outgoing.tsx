import type { Outgoing } from "backchannel-client";
import { memo } from "react";
import { discard, retry } from "../state/actions";
import { corrected } from "../state/clock";
import { t } from "../strings";
import { clock } from "../ui/format";
import { Icon } from "../ui/icon";
import type { Item } from "./items";
import { Bubble, classes, spoken } from "./message";
import { previewOf } from "./names";
import { SlowTick } from "./tick";

interface Props {
  readonly item: Extract<Item, { kind: "outgoing" }>;
  readonly onEdit: (outgoing: Outgoing) => void;
}

/** A message that the server has not yet answered, or has refused. */
export const OutgoingView = memo(function OutgoingView({ item, onEdit }: Props) {
  const { outgoing, first, last } = item;
  const failed = outgoing.failed !== null;
  const { text } = previewOf(outgoing);
  const at = corrected(outgoing.created_at);
  return (
    <article
      className={classes({
        message: true,
        "message--out": true,
        "is-first": first,
        "is-last": last,
        "message--failed": failed,
      })}
      aria-label={spoken(t.you, at, failed ? t.notSent(text) : text)}
      tabIndex={-1}
    >
      <Bubble
        body={outgoing.body}
        files={outgoing.files}
        meta={
          <span className="meta">
            <time>{clock(at)}</time>
            {!failed && <SlowTick since={outgoing.created_at} />}
          </span>
        }
      >
        {failed && (
          <span className="failed-icon" aria-hidden>
            !
          </span>
        )}
      </Bubble>
      {failed && <FailedLine outgoing={outgoing} onEdit={onEdit} />}
    </article>
  );
});

function FailedLine({
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
