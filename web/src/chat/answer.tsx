import "../styles/assistant.css";
import type { Message } from "backchannel-client";
import { useState } from "react";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { ErrorBoundary } from "../ui/error-boundary";
import { clock } from "../ui/format";
import { Icon } from "../ui/icon";
import type { Item } from "./items";
import { Markdown } from "./markdown";
import { classes } from "./message";

interface Props {
  readonly item: Extract<Item, { kind: "answer" }>;
  readonly found: boolean;
  /** Ask the same question again; null if that makes no sense. */
  readonly onAgain: (() => void) | null;
}

/** Ends the text of an answer that the model did not finish, for clients that ignore its kind. */
const CUT = /\n\n\[This answer was cut off[^\]]*\]$/;

/** The kinds of messages that give the reason for a missing answer. */
const WITHOUT_ANSWER = ["failure", "stopped"];

const textOf = (body: string, cut: boolean) => (cut ? body.replace(CUT, "") : body);

/** An answer of the assistant: a page rather than a bubble (rule W18). */
export function AnswerView({ item, found, onAgain }: Props) {
  const { message } = item;
  const gone = message?.deleted_at != null;
  return (
    <article
      className={classes({ answer: true, "is-found": found })}
      data-seq={message?.seq}
      aria-label={t.assistant}
      tabIndex={-1}
    >
      <Avatar id="" name={t.assistant} size={28} assistant />
      <div>
        {gone ? (
          <p className="answer__note">{t.messageDeleted}</p>
        ) : message?.kind === "failure" ? (
          <p className="answer__note is-danger">
            <Icon name="alert" size={18} />
            {t.noAnswer}
          </p>
        ) : message?.kind === "stopped" ? (
          <p className="answer__note">{t.answerStopped}</p>
        ) : (
          <Prose body={item.body} cut={message?.kind === "cut"} growing={message === null} />
        )}
        {message && !gone && <Foot message={message} onAgain={onAgain} />}
      </div>
    </article>
  );
}

interface ProseProps {
  readonly body: string;
  readonly cut: boolean;
  readonly growing: boolean;
}

function Prose({ body, cut, growing }: ProseProps) {
  if (!body) {
    return (
      <span className="waiting">
        <svg className="ring" viewBox="0 0 40 40" aria-hidden>
          <circle cx="20" cy="20" r="16.5" />
          <circle cx="20" cy="20" r="16.5" strokeDasharray="26 103.7" />
        </svg>
        {t.working}
      </span>
    );
  }
  const text = textOf(body, cut);
  return (
    <div className={classes({ prose: true, "is-growing": growing })} dir="auto" aria-busy={growing}>
      <ErrorBoundary fallback={<p className="answer__plain">{text}</p>}>
        <Markdown text={text} />
      </ErrorBoundary>
      {cut && (
        <p className="answer__note">
          <Icon name="alert" size={18} />
          {t.answerCut}
        </p>
      )}
    </div>
  );
}

function Foot({
  message,
  onAgain,
}: {
  readonly message: Message;
  readonly onAgain: Props["onAgain"];
}) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(textOf(message.body, message.kind === "cut"));
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div className="answer__foot">
      {!WITHOUT_ANSWER.includes(message.kind) && (
        <button
          className="icon-btn"
          type="button"
          aria-label={copied ? t.copied : t.copyAnswer}
          onClick={() => void copy()}
        >
          <Icon name={copied ? "check" : "copy"} size={18} />
        </button>
      )}
      {onAgain && (
        <button className="icon-btn" type="button" aria-label={t.answerAgain} onClick={onAgain}>
          <Icon name="retry" size={18} />
        </button>
      )}
      <time>{clock(message.created_at)}</time>
    </div>
  );
}
