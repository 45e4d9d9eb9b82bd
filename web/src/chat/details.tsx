import type { Conversation, FileInfo } from "backchannel-client";
import { type FormEvent, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { attempt, deleteSession, renameSession, showToast } from "../state/actions";
import { client } from "../state/client";
import { useContent } from "../state/content";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { Field } from "../ui/field";
import { when } from "../ui/format";
import { Icon } from "../ui/icon";
import { usePeer } from "./header";
import { isPicture } from "./names";

interface Props {
  readonly conversation: Conversation | null;
  readonly peerId: string;
  readonly name: string;
  readonly onClose: () => void;
}

/** Characters, as the server counts them. */
const LONGEST_NAME = 200;

/** Who the other is, and what was shared. */
export function Details(props: Props) {
  const { conversation, name, onClose } = props;
  const session = conversation?.kind === "session";
  return (
    <aside className="details" aria-label={t.details}>
      <div className="details__top">
        <h2>{t.details}</h2>
        <button className="icon-btn" type="button" aria-label={t.closeDetails} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {session ? (
        <SessionDetails key={conversation.id} id={conversation.id} name={name} />
      ) : (
        <PersonDetails {...props} />
      )}
    </aside>
  );
}

function PersonDetails({ conversation, peerId, name }: Props) {
  const presence = useStore((state) => state.presence[peerId]);
  const user = usePeer(conversation, peerId);
  const pictures = usePictures(conversation?.id ?? "");
  const username = user?.username;
  const seen = presence?.last_seen_at ? t.lastSeen(when(presence.last_seen_at)) : "";
  const status = presence?.online ? t.online : seen;
  return (
    <>
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
        <p>{[username && `@${username}`, status].filter(Boolean).join(" · ")}</p>
        {user?.about && (
          <p className="details__about" dir="auto">
            {user.about}
          </p>
        )}
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
      {conversation && <BlockGroup peerId={peerId} name={name} />}
    </>
  );
}

function SessionDetails({ id, name }: { readonly id: string; readonly name: string }) {
  const [, go] = useLocation();
  const [typed, setTyped] = useState(name);
  const [asking, setAsking] = useState(false);
  const rename = (event: FormEvent) => {
    event.preventDefault();
    void renameSession(id, typed.trim());
  };
  const onDelete = async () => {
    if (await deleteSession(id)) go("/");
  };
  return (
    <>
      <div className="details__who">
        <Avatar id="" name={t.assistant} size={96} assistant />
        <h3>{t.assistant}</h3>
        <p>{t.answersFrom}</p>
      </div>
      <form className="group group--form" onSubmit={rename}>
        <Field
          label={t.sessionName}
          value={typed}
          maxLength={LONGEST_NAME}
          dir="auto"
          onChange={(event) => setTyped(event.target.value)}
        />
        {typed.trim() !== "" && typed.trim() !== name && (
          <button className="btn btn--primary" type="submit">
            {t.save}
          </button>
        )}
      </form>
      <div className="group">
        <button
          className="line-item line-item--danger"
          type="button"
          aria-expanded={asking}
          onClick={() => setAsking(!asking)}
        >
          <Icon name="trash" />
          <span className="grow">{t.deleteSession}</span>
        </button>
        {asking && (
          <div className="group--form">
            <p>{t.deleteSessionText}</p>
            <button className="btn btn--danger" type="button" onClick={() => void onDelete()}>
              {t.deleteSession}
            </button>
          </div>
        )}
      </div>
    </>
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
