/** Placeholders in a thread for messages that do not exist, or not yet. */

import { t } from "../strings";
import { Avatar } from "../ui/avatar";

interface BeginningProps {
  readonly id: string;
  readonly name: string;
  readonly assistant: boolean;
  readonly picture: string | null | undefined;
}

/** The card above the first message. */
export function Beginning({ id, name, assistant, picture }: BeginningProps) {
  return (
    <section className="beginning">
      <Avatar
        id={id}
        name={assistant ? t.assistant : name}
        size={88}
        assistant={assistant}
        picture={picture}
      />
      <h2>
        <bdi>{assistant ? t.assistant : name}</bdi>
      </h2>
      <p>{assistant ? t.sessionBeginning : t.beginning}</p>
    </section>
  );
}

export function TypingBubble({ name }: { readonly name: string }) {
  return (
    <div className="message message--in is-first is-last">
      <div className="bubble typing">
        <span className="sr">{t.isTyping(name)}</span>
        <i />
        <i />
        <i />
      </div>
    </div>
  );
}

const PLACEHOLDER_WIDTHS = [
  [260, 36, false],
  [380, 57, false],
  [220, 36, true],
  [420, 78, true],
  [300, 36, false],
  [180, 36, false],
  [340, 57, true],
] as const;

export function ThreadSkeleton() {
  return (
    <div className="skeleton column" role="status">
      <span className="sr">{t.loadingMessages}</span>
      {PLACEHOLDER_WIDTHS.map(([width, height, out]) => (
        <span
          key={width}
          className={`placeholder placeholder--bubble${out ? " placeholder--out" : ""}`}
          style={{ width, height }}
        />
      ))}
    </div>
  );
}
