import type { Conversation as Data, Message, Outgoing } from "backchannel-client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { attempt, editOutgoing, saveDraft, showToast } from "../state/actions";
import { setUnread } from "../state/conversation-settings";
import { emptyDraft } from "../state/schema";
import { getState, useStore } from "../state/store";
import { openThread } from "../state/threads";
import { attach } from "../state/uploads";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { Icon } from "../ui/icon";
import { DraftComposer } from "./draft-composer";
import { useDrop } from "./drop";
import { Header } from "./header";
import { keyOf } from "./names";
import { Thread } from "./thread";

const TroubleBars = deferred(() => import("./offline").then((module) => module.TroubleBars));
TroubleBars.prefetch(); // loaded early: it is needed without a network, too
const RequestBar = deferred(() => import("./request-bar").then((module) => module.default));

interface Props {
  /** Null until the first message has been sent. */
  readonly conversation: Data | null;
  readonly peerId: string;
  readonly name: string;
  readonly onDetails: () => void;
}

/**
 * One conversation; mounted anew for each, so that it keeps no state of another. It does not
 * read the draft: a keystroke only draws the composer.
 */
export function Conversation({ conversation, peerId, name, onDetails }: Props) {
  const id = conversation?.id ?? null;
  const key = conversation ? keyOf(conversation) : peerId;
  const outgoing = useOutgoing(key, id);
  const [edited, setEdited] = useState<Message | null>(null);
  const [sent, setSent] = useState(0);

  const loaded = useStore((state) => id !== null && state.threads[id] !== undefined);
  useEffect(() => {
    if (id && !loaded) void attempt(() => openThread(id));
  }, [id, loaded]);

  useOpened(conversation);
  const isEditing = edited !== null;
  const onFiles = useCallback(
    (files: Iterable<File>) => {
      // The draft that would get them is hidden.
      if (isEditing) showToast(t.editingHasNoFiles);
      else void attach(key, files);
    },
    [key, isEditing],
  );
  const drop = useDrop(onFiles);
  const onSent = useCallback(() => setSent((before) => before + 1), []);
  const onReply = useCallback(
    (message: Message) => {
      const now = getState().drafts[key] ?? emptyDraft(key);
      void saveDraft({ ...now, reply_to: message.seq });
    },
    [key],
  );
  const onEditOutgoing = useCallback((item: Outgoing) => void editOutgoing(key, item), [key]);

  return (
    <main
      className="conversation"
      aria-label={t.conversationWith(name)}
      tabIndex={-1}
      {...drop.handlers}
    >
      <h1 className="sr">{t.conversationWith(name)}</h1>
      <Header conversation={conversation} peerId={peerId} name={name} onDetails={onDetails} />
      <TroubleBars />
      <Thread
        conversation={conversation}
        name={name}
        peerId={peerId}
        outgoing={outgoing}
        sent={sent}
        onEditOutgoing={onEditOutgoing}
        onReply={onReply}
        onEdit={setEdited}
      >
        {(jump) =>
          conversation?.request ? (
            <RequestBar conversation={conversation} name={name} />
          ) : (
            <DraftComposer
              conversation={conversation}
              draftKey={key}
              name={name}
              edited={edited}
              jump={jump}
              onEdit={setEdited}
              onFiles={onFiles}
              onSent={onSent}
            />
          )
        }
      </Thread>
      {drop.over && (
        <div className="dropzone">
          <Icon name="image" />
          <b>{isEditing ? t.editingHasNoFiles : t.dropTitle}</b>
          {!isEditing && <span>{t.dropText}</span>}
        </div>
      )}
    </main>
  );
}

/** A conversation that was marked as unread is read once it is opened. */
function useOpened(conversation: Data | null): void {
  const opened = useRef(conversation);
  useEffect(() => {
    if (opened.current?.settings.marked_unread) void setUnread(opened.current, false);
  }, []);
}

function useOutgoing(key: string, id: string | null): readonly Outgoing[] {
  const outbox = useStore((state) => state.outbox);
  return useMemo(
    () =>
      outbox.filter((each) => (each.conversation_id ?? each.to) === (id ?? "") || each.to === key),
    [outbox, key, id],
  );
}
