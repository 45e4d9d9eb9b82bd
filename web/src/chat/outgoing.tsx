import type { Outgoing } from "backchannel-client";
import { memo, useEffect, useState } from "react";
import { discard, retry } from "../state/actions";
import { t } from "../strings";
import { clock } from "../ui/format";
import { Icon } from "../ui/icon";
import type { Item } from "./items";
import { Bubble, classes } from "./message";
import { Tick } from "./tick";

/** Milliseconds until a message on its way shows a clock: most arrive sooner (rule W1). */
const PATIENCE = 300;

interface Props {
  readonly item: Extract<Item, { kind: "outgoing" }>;
  readonly onEdit: (outgoing: Outgoing) => void;
}

/** A message that the server has not yet answered, or has refused. */
export const OutgoingView = memo(function OutgoingView({ item, onEdit }: Props) {
  const { outgoing, first, last } = item;
  const slow = useSlow(outgoing.created_at);
  const failed = outgoing.failed !== null;
  return (
    <article
      className={classes({
        message: true,
        "message--out": true,
        "is-first": first,
        "is-last": last,
        "message--failed": failed,
      })}
      tabIndex={-1}
    >
      <Bubble
        body={outgoing.body}
        files={outgoing.files}
        meta={
          <span className="meta">
            <time>{clock(outgoing.created_at)}</time>
            {slow && !failed && <Tick state="sending" />}
          </span>
        }
      >
        {failed && (
          <span className="fail-mark" aria-hidden>
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
    <div className="state-line state-line--failed" role="status" title={outgoing.failed?.message}>
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
    </div>
  );
}

function useSlow(since: number): boolean {
  const [slow, setSlow] = useState(Date.now() - since > PATIENCE);
  useEffect(() => {
    if (slow) return;
    const timer = setTimeout(() => setSlow(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [slow]);
  return slow;
}
