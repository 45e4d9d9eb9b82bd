import type { Conversation, User } from "backchannel-client";
import { setState, useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { when } from "../ui/format";
import { Handle } from "../ui/handle";
import { Icon } from "../ui/icon";
import { Link } from "../ui/location";
import { useMinute } from "../ui/now";
import { ThemeSwitch } from "../ui/theme-switch";
import { useTyping } from "./typing";

interface Props {
  readonly conversation: Conversation | null;
  readonly peerId: string;
  readonly name: string;
  readonly onDetails: () => void;
}

export function Header({ conversation, peerId, name, onDetails }: Props) {
  const online = useStore((state) => state.presence[peerId]?.online ?? false);
  const assistant = conversation?.kind === "session";
  const picture = usePeer(conversation, peerId)?.avatar_url;
  return (
    <header className="bar">
      <Link className="icon-btn bar__back" href="/" aria-label={t.back}>
        <Icon name="back" />
      </Link>
      <button className="bar__who" type="button" onClick={onDetails}>
        <Avatar
          id={peerId}
          name={assistant ? t.assistant : name}
          size={40}
          online={online}
          assistant={assistant}
          picture={picture}
        />
        <span>
          <span className="bar__name">
            <bdi className="truncate">{name}</bdi>
          </span>
          <Status conversation={conversation} peerId={peerId} assistant={assistant} />
        </span>
      </button>
      <div className="bar__actions">
        <ThemeSwitch className="hide-narrow" />
        {conversation && (
          <button
            className="icon-btn"
            type="button"
            aria-label={t.searchHere}
            aria-keyshortcuts="Control+F"
            onClick={() => setState({ searching: { text: "", within: conversation.id } })}
          >
            <Icon name="search" />
          </button>
        )}
        <button className="icon-btn" type="button" aria-label={t.details} onClick={onDetails}>
          <Icon name="panel" />
        </button>
      </div>
    </header>
  );
}

interface StatusProps {
  readonly conversation: Conversation | null;
  readonly peerId: string;
  readonly assistant: boolean;
}

/** "Connecting…" replaces states that are unknown without a connection. */
function Status({ conversation, peerId, assistant }: StatusProps) {
  const link = useStore((state) => state.link);
  const presence = useStore((state) => state.presence[peerId]);
  const user = usePeer(conversation, peerId);
  const typing = useTyping(conversation?.id ?? "");
  useMinute();
  if (link !== "online") return <span className="bar__status">{t.connecting}</span>;
  if (typing) return <span className="bar__status bar__status--on">{t.typing}</span>;
  if (assistant) {
    return (
      <span className="bar__status">
        {t.assistant} · {t.answersFrom}
      </span>
    );
  }
  if (presence?.online) return <span className="bar__status bar__status--on">{t.online}</span>;
  const seen = presence?.last_seen_at;
  return (
    <span className="bar__status">
      {seen ? t.lastSeen(when(seen)) : user && <Handle username={user.username} />}
    </span>
  );
}

/** The other member, if known. */
export function usePeer(conversation: Conversation | null, peerId: string): User | undefined {
  const user = useStore((state) => state.users[peerId]);
  return conversation?.peer ?? user;
}
