import type { Conversation } from "backchannel-client";
import { memo } from "react";
import { Link } from "wouter";
import { asShown } from "../state/removals";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { shortTime } from "../ui/format";
import { Icon } from "../ui/icon";
import { keyOf, nameOf, previewOf } from "./names";
import { stateOf, Tick } from "./tick";

interface Props {
  readonly conversation: Conversation;
  readonly current: boolean;
}

export const Row = memo(function Row({ conversation, current }: Props) {
  const online = useStore((state) => state.presence[conversation.peer_id]?.online ?? false);
  const unread = conversation.unread > 0 && !current;
  const name = nameOf(conversation);
  return (
    <Link
      className={`row${unread ? " row--unread" : ""}`}
      href={`/c/${conversation.id}`}
      aria-current={current ? "page" : undefined}
    >
      <Avatar
        id={conversation.peer_id}
        name={conversation.kind === "session" ? t.assistant : name}
        size={44}
        online={online}
        assistant={conversation.kind === "session"}
      />
      <span className="row__main">
        <span className="row__name">
          <bdi className="truncate">{name}</bdi>
        </span>
        <span className="row__preview">
          <PreviewLine conversation={conversation} />
        </span>
      </span>
      <span className="row__side">
        <time className="row__time" dateTime={conversation.updated_at}>
          {shortTime(conversation.updated_at)}
        </time>
        <span className="row__end">
          <End conversation={conversation} unread={unread} />
        </span>
      </span>
    </Link>
  );
});

/** What is most worth knowing: typing, then a failure, a draft, the last message. */
function PreviewLine({ conversation }: { readonly conversation: Conversation }) {
  const key = keyOf(conversation);
  const typing = useStore((state) => (state.typing[conversation.id] ?? 0) > Date.now());
  const draft = useStore((state) => state.drafts[key]?.text ?? "");
  const failed = useStore((state) => state.outbox.find((each) => each.to === key && each.failed));
  const myId = useStore((state) => state.me?.id);
  const removals = useStore((state) => state.removals);
  if (typing) return <span className="truncate is-typing">{t.typing}</span>;
  if (failed) {
    return <span className="truncate is-failed">{t.notSent(previewOf(failed).text)}</span>;
  }
  if (draft) {
    return (
      <span className="truncate is-draft">
        <b>{t.draft}</b> <bdi>{draft}</bdi>
      </span>
    );
  }
  const newest = conversation.last_message;
  if (!newest) return null;
  const last = asShown(newest, removals);
  const asked = conversation.kind === "session" && last.sender_id === myId;
  if (asked && !last.deleted_at) {
    return <span className="truncate is-typing">{t.writing}</span>;
  }
  if (last.deleted_at) return <span className="truncate is-gone">{t.messageDeleted}</span>;
  const { text, icon } = previewOf(last);
  return (
    <>
      {last.sender_id === myId && <Tick state={stateOf(last, conversation)} />}
      {icon && <Icon name={icon} size={16} />}
      <span className="truncate" dir="auto">
        {text}
      </span>
    </>
  );
}

function End({ conversation, unread }: { readonly conversation: Conversation; unread: boolean }) {
  const key = keyOf(conversation);
  const failed = useStore((state) => state.outbox.some((each) => each.to === key && each.failed));
  if (unread) {
    return (
      <span className="badge">
        {conversation.unread > 99 ? "99+" : conversation.unread}
        <span className="sr"> {t.unread}</span>
      </span>
    );
  }
  return failed ? <Icon name="alert" size={16} className="is-danger" /> : null;
}
