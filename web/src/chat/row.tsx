import type { Conversation, Message } from "backchannel-client";
import { memo, type ReactNode } from "react";
import { isMuted, isUnread } from "../state/conversation-settings";
import { asShown } from "../state/removals";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { shortTime } from "../ui/format";
import { Icon } from "../ui/icon";
import { Link } from "../ui/location";
import { useDay } from "../ui/now";
import { keyOf, nameOf, previewOf } from "./names";
import { usePlaceholder } from "./placeholder";
import { SlowTick, stateOf, Tick } from "./tick";
import { useTyping } from "./typing";

interface Props {
  readonly conversation: Conversation;
  readonly current: boolean;
}

export const Row = memo(function Row({ conversation, current }: Props) {
  const online = useStore((state) => state.presence[conversation.peer_id]?.online ?? false);
  const unread = isUnread(conversation) && !(current && conversation.unread > 0);
  const { pinned } = conversation.settings;
  const muted = isMuted(conversation);
  useDay();
  const name = nameOf(conversation);
  return (
    <Link
      className={`row${unread ? " row--unread" : ""}`}
      href={`/c/${conversation.id}`}
      aria-current={current ? "page" : undefined}
      data-id={conversation.id}
    >
      <Avatar
        id={conversation.peer_id}
        name={conversation.kind === "session" ? t.assistant : name}
        size={44}
        online={online}
        assistant={conversation.kind === "session"}
        picture={conversation.peer?.avatar_url}
      />
      <span className="row__main">
        <span className="row__name">
          <bdi className="truncate">{name}</bdi>
          {muted && <Icon name="mute" size={16} label={t.muted} />}
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
          {unread ? (
            <Badge count={conversation.unread} muted={muted} />
          ) : (
            <Failed conversation={conversation} />
          )}
          {pinned && !unread && <Icon name="pin" size={16} label={t.pinned} />}
        </span>
      </span>
    </Link>
  );
});

/** The most important state: typing, a failure, a draft, an unsent message, the last message. */
function PreviewLine({ conversation }: { readonly conversation: Conversation }) {
  const key = keyOf(conversation);
  const typing = useTyping(conversation.id);
  const draft = useStore(({ drafts: { [key]: kept } }) =>
    kept?.recording ? t.voiceMessage : (kept?.text ?? ""),
  );
  const failed = useStore((state) => state.outbox.find((each) => each.to === key && each.failed));
  const waiting = useStore((state) => state.outbox.findLast((each) => each.to === key));
  const myId = useStore((state) => state.me?.id);
  const removals = useStore((state) => state.removals);
  if (typing) return <span className="truncate is-typing">{t.typing}</span>;
  if (failed) {
    return (
      <PrefixedText className="is-failed" prefix={t.notSent("")} text={previewOf(failed).text} />
    );
  }
  if (draft) {
    return <PrefixedText className="is-draft" prefix={t.draft} text={draft} />;
  }
  if (waiting) {
    return (
      <PreviewText of={waiting}>
        <SlowTick key={waiting.client_id} since={waiting.created_at} />
      </PreviewText>
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
  return (
    <PreviewText of={last}>
      {last.sender_id === myId && <Tick state={stateOf(last, conversation)} />}
    </PreviewText>
  );
}

interface PrefixedTextProps {
  readonly className: string;
  readonly prefix: string;
  readonly text: string;
}

/** The prefix has the direction of the interface, the text its own. */
function PrefixedText({ className, prefix, text }: PrefixedTextProps) {
  return (
    <>
      <b className={className}>{prefix.trim()}</b>{" "}
      <span className={`truncate ${className}`} dir="auto">
        {text}
      </span>
    </>
  );
}

interface PreviewTextProps {
  readonly of: Pick<Message, "body" | "files">;
  readonly children: ReactNode;
}

/** A message in one line, after its tick. */
function PreviewText({ of, children }: PreviewTextProps) {
  const { text, icon } = previewOf(of);
  return (
    <>
      {children}
      {icon === "image" ? (
        <Thumbnail hash={of.files[0]?.placeholder ?? null} />
      ) : (
        icon && <Icon name={icon} size={16} />
      )}
      <span className="truncate" dir="auto">
        {text}
      </span>
    </>
  );
}

/** As small as it is, the placeholder of a picture says enough: nothing has to be fetched. */
function Thumbnail({ hash }: { readonly hash: string | null }) {
  const picture = usePlaceholder(hash);
  return (
    <span
      className="row__thumb"
      style={picture ? { backgroundImage: `url("${picture}")` } : undefined}
    >
      {!picture && <Icon name="image" size={16} />}
    </span>
  );
}

function Badge({ count, muted }: { readonly count: number; readonly muted: boolean }) {
  return (
    <span className={`badge${count ? "" : " badge--dot"}${muted ? " badge--muted" : ""}`}>
      {count > 99 ? "99+" : count || null}
      <span className="sr"> {t.unread}</span>
    </span>
  );
}

function Failed({ conversation }: { readonly conversation: Conversation }) {
  const key = keyOf(conversation);
  const failed = useStore((state) => state.outbox.some((each) => each.to === key && each.failed));
  return failed && <Icon name="alert" size={16} className="is-danger" />;
}
