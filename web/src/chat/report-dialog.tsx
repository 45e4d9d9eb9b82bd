import type { Report } from "backchannel-client";
import { type FormEvent, useState } from "react";
import { attempt, showToast } from "../state/actions";
import { client } from "../state/client";
import { t } from "../strings";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import "../styles/report-dialog.css";

/** Characters, as the server counts them. */
const LONGEST_COMMENT = 1_000;
const REASONS = ["spam", "harassment", "threat", "illegal", "other"] as const;

interface Props {
  readonly peerId: string;
  readonly name: string;
  /** The user's messages that are shown to the operator. */
  readonly messages: readonly number[];
  readonly onClose: () => void;
}

/** Report a user to the operator of the server, and block them if chosen. */
export default function ReportDialog({ peerId, name, messages, onClose }: Props) {
  const [reason, setReason] = useState<Report["reason"]>("spam");
  const [comment, setComment] = useState("");
  const [block, setBlock] = useState(false);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    const done = await attempt(async () => {
      await client.api.report({ user: peerId, reason, comment: comment.trim(), messages });
      if (block) await client.api.setBlocked(peerId, true);
    });
    if (done) showToast(t.reported);
    onClose();
  };
  return (
    <Dialog label={t.reportPerson(name)} narrow onClose={onClose}>
      <form className="report" onSubmit={(event) => void send(event)}>
        <div className="dialog__head">
          <h2>{t.reportPerson(name)}</h2>
          <button className="icon-btn" type="button" aria-label={t.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
        <div className="dialog__body">
          <p>{t.reportText(messages.length)}</p>
          <fieldset className="report__reasons">
            <legend className="sr">{t.reportReason}</legend>
            {REASONS.map((each) => (
              <label key={each}>
                <input
                  type="radio"
                  name="reason"
                  checked={reason === each}
                  onChange={() => setReason(each)}
                />
                {t.reasons[each]}
              </label>
            ))}
          </fieldset>
          <label className="report__comment">
            {t.reportComment}
            <textarea
              rows={3}
              dir="auto"
              maxLength={LONGEST_COMMENT}
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          </label>
          <label className="report__block">
            <input
              type="checkbox"
              checked={block}
              onChange={(event) => setBlock(event.target.checked)}
            />
            {t.block(name)}
          </label>
          <button className="btn btn--primary" type="submit">
            {t.sendReport}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
