import type { Conversation, FileInfo } from "backchannel-client";
import { useMemo, useState } from "react";
import { attempt, showToast } from "../state/actions";
import { client } from "../state/client";
import { useContent } from "../state/content";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { when } from "../ui/format";
import { Icon } from "../ui/icon";
import { isPicture } from "./names";

interface Props {
  readonly conversation: Conversation | null;
  readonly peerId: string;
  readonly name: string;
  readonly onClose: () => void;
}

/** Who the other is, and what was shared. */
export function Details({ conversation, peerId, name, onClose }: Props) {
  const presence = useStore((state) => state.presence[peerId]);
  const user = useStore((state) => state.users[peerId]);
  const pictures = usePictures(conversation?.id ?? "");
  const username = conversation?.peer?.username ?? user?.username;
  const seen = presence?.last_seen_at ? t.lastSeen(when(presence.last_seen_at)) : "";
  const status = presence?.online ? t.online : seen;
  return (
    <aside className="details" aria-label={t.details}>
      <div className="details__top">
        <h2>{t.details}</h2>
        <button className="icon-btn" type="button" aria-label={t.closeDetails} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="details__who">
        <Avatar id={peerId} name={name} size={96} online={presence?.online ?? false} />
        <h3>
          <bdi>{name}</bdi>
        </h3>
        <p>{[username && `@${username}`, status].filter(Boolean).join(" · ")}</p>
      </div>
      {pictures.length > 0 && (
        <section className="group" aria-label={t.sharedMedia}>
          <div className="group__head">
            <span>{t.sharedMedia}</span>
          </div>
          <div className="shared">
            {pictures.slice(0, 9).map((file) => (
              <Thumbnail key={file.id} file={file} />
            ))}
          </div>
        </section>
      )}
      {conversation?.kind === "direct" && <BlockGroup peerId={peerId} name={name} />}
    </aside>
  );
}

function BlockGroup({ peerId, name }: { readonly peerId: string; readonly name: string }) {
  const [blocked, setBlocked] = useState(false);
  const set = async (value: boolean) => {
    if (await attempt(() => client.api.setBlocked(peerId, value))) {
      setBlocked(value);
      if (value) showToast(t.blockedNotice);
    }
  };
  return (
    <div className="group">
      <button
        className="line-item line-item--danger"
        type="button"
        onClick={() => void set(!blocked)}
      >
        <Icon name="block" />
        <span className="grow">{blocked ? t.unblock(name) : t.block(name)}</span>
      </button>
    </div>
  );
}

function Thumbnail({ file }: { readonly file: FileInfo }) {
  const source = useContent(file.thumbnail_url);
  return <span className="shared__item">{source && <img src={source} alt={file.name} />}</span>;
}

function usePictures(id: string): readonly FileInfo[] {
  const messages = useStore((state) => state.threads[id]?.messages);
  const removals = useStore((state) => state.removals);
  return useMemo(
    () =>
      (messages ?? [])
        .filter((each) => each.deleted_at === null && !removals[each.id])
        .flatMap((each) => each.files)
        .filter(isPicture)
        .reverse(),
    [messages, removals],
  );
}
