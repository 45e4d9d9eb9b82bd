import type { Conversation as Data, Message, Outgoing } from "backchannel-client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { attempt, discard, edit, saveDraft, send, stopAnswer } from "../state/actions";
import { setUnread } from "../state/conversation-settings";
import { emptyDraft } from "../state/database";
import { getState, type Upload, useStore } from "../state/store";
import { openThread } from "../state/threads";
import { attach, cancelUpload } from "../state/uploads";
import { t } from "../strings";
import { Icon } from "../ui/icon";
import { Composer, type Editing } from "./composer";
import { useDrop } from "./drop";
import { Header } from "./header";
import { openQuestion } from "./items";
import { keyOf } from "./names";
import { OfflineBar } from "./offline";
import { Thread } from "./thread";
import { ToastPlace } from "./toast";
import { Tray } from "./tray";

interface Props {
  /** Null until the first message has been sent. */
  readonly conversation: Data | null;
  readonly peerId: string;
  readonly name: string;
  readonly onDetails: () => void;
}

/** One conversation; mounted anew for each, so that nothing of another is left in it. */
export function Conversation({ conversation, peerId, name, onDetails }: Props) {
  const id = conversation?.id ?? null;
  const key = conversation ? keyOf(conversation) : peerId;
  const outgoing = useOutgoing(key, id);
  const draft = useStore((state) => state.drafts[key]) ?? emptyDraft(key);
  const [editing, setEditing] = useState<Editing | null>(null);
  const reply = useReply(id, draft.reply_to);

  const loaded = useStore((state) => id !== null && state.threads[id] !== undefined);
  useEffect(() => {
    if (id && !loaded) void attempt(() => openThread(id));
  }, [id, loaded]);

  useOpened(conversation);
  const uploads = useUploads(key);
  const onFiles = useCallback((files: Iterable<File>) => void attach(key, files), [key]);
  const drop = useDrop(onFiles);

  const onStop = useStop(conversation);

  const onText = (text: string) => {
    if (editing) setEditing({ ...editing, text });
    else void saveDraft({ ...draft, text });
  };
  const onSend = () => {
    if (!editing) {
      void send(draft, conversation);
    } else if (editing.text.trim() !== editing.message.body) {
      void edit(editing.message, editing.text.trim()).then((done) => done && setEditing(null));
    } else {
      setEditing(null);
    }
  };
  const onCancel = () => {
    if (editing) setEditing(null);
    else void saveDraft({ ...draft, reply_to: null });
  };
  const onReply = useCallback(
    (message: Message) => {
      const now = getState().drafts[key] ?? emptyDraft(key);
      void saveDraft({ ...now, reply_to: message.seq });
    },
    [key],
  );
  const onEdit = useCallback((message: Message) => setEditing({ message, text: message.body }), []);
  const onEditLast = () => {
    const { threads, me, removals } = getState();
    const last = threads[id ?? ""]?.messages.findLast(
      (each) => each.sender_id === me?.id && each.deleted_at === null && !removals[each.id],
    );
    if (last) setEditing({ message: last, text: last.body });
  };
  const onEditOutgoing = useCallback(
    (item: Outgoing) => {
      void discard(item.client_id);
      void saveDraft({
        key,
        text: item.body,
        reply_to: item.reply_to,
        files: item.files,
      });
    },
    [key],
  );

  return (
    <main
      className="conversation"
      aria-label={t.conversationWith(name)}
      tabIndex={-1}
      {...drop.handlers}
    >
      <h1 className="sr">{t.conversationWith(name)}</h1>
      <Header conversation={conversation} peerId={peerId} name={name} onDetails={onDetails} />
      <OfflineBar />
      <Thread
        conversation={conversation}
        name={name}
        peerId={peerId}
        outgoing={outgoing}
        onEditOutgoing={onEditOutgoing}
        onReply={onReply}
        onEdit={onEdit}
      >
        {(jump) => (
          <Composer
            conversation={conversation}
            name={name}
            text={editing ? editing.text : draft.text}
            reply={reply}
            editing={editing}
            jump={jump}
            toast={<ToastPlace />}
            attached={draft.files.length > 0 && !editing}
            onStop={editing ? null : onStop}
            busy={uploads.some((each) => each.problem === null) && !editing}
            tray={
              !editing && (
                <Tray
                  files={draft.files}
                  uploads={uploads}
                  onCancel={(upload) => void cancelUpload(upload)}
                  onRemove={(file) =>
                    void saveDraft({ ...draft, files: draft.files.filter((each) => each !== file) })
                  }
                />
              )
            }
            onFiles={onFiles}
            onText={onText}
            onSend={onSend}
            onCancel={onCancel}
            onEditLast={onEditLast}
          />
        )}
      </Thread>
      {drop.over && (
        <div className="dropzone">
          <Icon name="image" />
          <b>{t.dropTitle}</b>
          <span>{t.dropText}</span>
        </div>
      )}
    </main>
  );
}

const NO_MESSAGES: readonly Message[] = [];

/** Stops the answer that is being given in this session; null if there is none. */
function useStop(conversation: Data | null): (() => void) | null {
  const id = conversation?.id ?? "";
  const messages = useStore((state) => state.threads[id]?.messages) ?? NO_MESSAGES;
  const myId = useStore((state) => state.me?.id ?? "");
  const [stopped, setStopped] = useState(0);
  const question = openQuestion({ messages, conversation, myId });
  if (question === null || question === stopped) return null;
  return () => {
    setStopped(question);
    stopAnswer(id);
  };
}

/** What was marked as unread is read once it is opened. */
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

function useUploads(key: string): readonly Upload[] {
  const uploads = useStore((state) => state.uploads);
  return useMemo(
    () =>
      Object.values(uploads)
        .filter((each) => each.key === key)
        .sort((one, other) => one.began - other.began),
    [uploads, key],
  );
}

function useReply(
  id: string | null,
  seq: number | null,
): { readonly message: Message; readonly mine: boolean } | null {
  const messages = useStore((state) => (id ? state.threads[id]?.messages : undefined));
  const myId = useStore((state) => state.me?.id);
  return useMemo(() => {
    const message = seq === null ? undefined : messages?.find((each) => each.seq === seq);
    return message ? { message, mine: message.sender_id === myId } : null;
  }, [messages, seq, myId]);
}
