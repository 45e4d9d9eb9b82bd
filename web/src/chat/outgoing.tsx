import type { Outgoing } from "backchannel-client";
import { memo } from "react";
import { corrected } from "../state/clock";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { clock } from "../ui/format";
import type { Item } from "./items";
import { Bubble, classes, spoken } from "./message";
import { previewOf } from "./names";
import { SlowTick } from "./tick";

const FailedLine = deferred(
  () => import("./failed-line").then((module) => module.default),
  () => <div className="state-line state-line--failed">{t.failed}</div>,
);

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
