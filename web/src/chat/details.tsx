import type { Conversation } from "backchannel-client";
import { changeSettings, isMuted, mute } from "../state/conversation-settings";
import { setState, useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { useFocusBack } from "../ui/focus";
import { when } from "../ui/format";
import { Handle } from "../ui/handle";
import { Icon } from "../ui/icon";
import { isNarrow } from "../ui/location";
import { useMinute } from "../ui/now";
import { ToastArea } from "../ui/toast";
import { BlockGroup } from "./block-group";
import { usePeer } from "./header";
import { SessionDetails } from "./session-details";
import { Shared } from "./shared";

interface Props {
  readonly conversation: Conversation | null;
  readonly peerId: string;
  readonly name: string;
  readonly onClose: () => void;
}

/** The details of the other user, the shared files, and the settings of the conversation. */
export function Details(props: Props) {
  const { conversation, peerId, name, onClose } = props;
  useFocusBack("#message-field");
  return (
    <aside className="details" aria-label={t.details}>
      {isNarrow() && <ToastArea page />}
      <div className="details__top">
        <h2>{t.details}</h2>
        <button className="icon-btn" type="button" aria-label={t.closeDetails} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {conversation?.kind === "session" ? (
        <SessionDetails key={conversation.id} id={conversation.id} name={name} />
      ) : (
        <Person conversation={conversation} peerId={peerId} name={name} />
      )}
      {conversation?.kind === "direct" && !conversation.request && (
        <>
          <Quick conversation={conversation} />
          <Shared key={conversation.id} conversation={conversation} />
          <Settings conversation={conversation} />
        </>
      )}
      {conversation?.kind === "direct" && (
        <BlockGroup id={conversation.id} peerId={peerId} name={name} />
      )}
    </aside>
  );
}

function Person({ conversation, peerId, name }: Omit<Props, "onClose">) {
  useMinute();
  const presence = useStore((state) => state.presence[peerId]);
  const user = usePeer(conversation, peerId);
  const username = user?.username;
  const seen = presence?.last_seen_at ? t.lastSeen(when(presence.last_seen_at)) : "";
  const status = presence?.online ? t.online : seen;
  return (
    <div className="details__who">
      <Avatar
        id={peerId}
        name={name}
        size={96}
        online={presence?.online ?? false}
        picture={user?.avatar_url}
      />
      <h3>
        <bdi>{name}</bdi>
      </h3>
      <p>
        {username && <Handle username={username} />}
        {username && status && " · "}
        {status}
      </p>
      {user?.about && (
        <p className="details__about" dir="auto">
          {user.about}
        </p>
      )}
    </div>
  );
}

interface SettingsProps {
  readonly conversation: Conversation;
}

function Quick({ conversation }: SettingsProps) {
  const { pinned } = conversation.settings;
  return (
    <div className="quick">
      <button
        type="button"
        onClick={() => setState({ searching: { text: "", within: conversation.id } })}
      >
        <Icon name="search" />
        {t.search}
      </button>
      <button type="button" onClick={() => void changeSettings(conversation, { pinned: !pinned })}>
        <Icon name="pin" />
        {pinned ? t.unpin : t.pin}
      </button>
    </div>
  );
}

function Settings({ conversation }: SettingsProps) {
  const muted = isMuted(conversation);
  const { archived } = conversation.settings;
  return (
    <div className="group">
      <div className="line-item">
        <Icon name={muted ? "mute" : "bell"} />
        <span className="grow">{t.notifications}</span>
        <label className="switch">
          <input
            type="checkbox"
            aria-label={t.notifications}
            checked={!muted}
            onChange={() => void mute(conversation, muted ? 0 : Number.POSITIVE_INFINITY)}
          />
          <span />
        </label>
      </div>
      <button
        className="line-item"
        type="button"
        onClick={() => void changeSettings(conversation, { archived: !archived })}
      >
        <Icon name="archive" />
        <span className="grow">{archived ? t.unarchive : t.archive}</span>
      </button>
    </div>
  );
}
