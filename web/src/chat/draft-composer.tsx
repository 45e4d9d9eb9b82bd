import type { Conversation, Message } from "backchannel-client";
import {
  type Dispatch,
  type ReactNode,
  type SetStateAction,
  useEffect,
  useMemo,
  useState,
} from "react";
import { edit, saveDraft, send, stopAnswer } from "../state/actions";
import { type Draft, emptyDraft } from "../state/schema";
import { getState, type Upload, useStore } from "../state/store";
import { cancelUpload, mostFiles, sendVoice } from "../state/uploads";
import { deferred } from "../ui/deferred";
import { ToastArea } from "../ui/toast";
import type { VoiceDraft } from "../voice/use-recorder";
import { Composer, type Editing } from "./composer";
import { openQuestion } from "./items";
import { isEditable } from "./message-actions";

const Tray = deferred(() => import("./tray").then((module) => module.Tray));

const LongText = deferred(() => import("./long-text").then((module) => module.default));

/** Characters above which a text is offered as a file. */
const LONG = 4_000;

interface Props {
  /** Null until the first message has been sent. */
  readonly conversation: Conversation | null;
  /** The draft's. */
  readonly draftKey: string;
  readonly name: string;
  /** The message that is being edited; the draft is kept meanwhile. */
  readonly edited: Message | null;
  readonly jump: ReactNode;
  readonly onEdit: Dispatch<SetStateAction<Message | null>>;
  readonly onFiles: (files: Iterable<File>) => void;
  readonly onSent: () => void;
}

/** The composer with a draft and its files, or with a message that is edited. */
export function DraftComposer(props: Props) {
  const { conversation, draftKey: key, name, jump, onFiles, onSent } = props;
  const draft = useStore((state) => state.drafts[key]) ?? emptyDraft(key);
  const reply = useReply(conversation?.id ?? null, draft.reply_to);
  const uploads = useUploads(key);
  const tooMany = useStore((state) => draft.files.length > mostFiles(state));
  const onStop = useStop(conversation);
  const { editing, change, finish } = useEditing(props);
  const voice: VoiceDraft = {
    key,
    recorded: draft.recording ?? false,
    onSend: async (content, waveform) => {
      await sendVoice(key, content, { waveform, replyTo: draft.reply_to });
      onSent();
    },
  };
  const onSend = () => {
    if (editing) {
      finish(editing);
    } else {
      void send(draft, conversation);
      onSent();
    }
  };
  const onCancel = () => {
    if (editing) props.onEdit(null);
    else void saveDraft({ ...draft, reply_to: null });
  };
  return (
    <Composer
      conversation={conversation}
      name={name}
      text={editing ? editing.text : draft.text}
      reply={reply}
      editing={editing}
      jump={jump}
      toast={<ToastArea />}
      attached={draft.files.length > 0 && !editing}
      onStop={editing ? null : onStop}
      busy={(tooMany || uploads.some((each) => each.problem === null && !each.voice)) && !editing}
      voice={conversation?.kind === "session" ? null : voice}
      tray={
        !editing && (
          <>
            {draft.text.length > LONG && <LongText draft={draft} />}
            <DraftTray draft={draft} uploads={uploads} />
          </>
        )
      }
      onFiles={onFiles}
      onText={(text) => (editing ? change(text) : void saveDraft({ ...draft, text }))}
      onSend={onSend}
      onCancel={onCancel}
      onEditLast={() => props.onEdit(lastOfMine(conversation))}
    />
  );
}

function DraftTray({
  draft,
  uploads,
}: {
  readonly draft: Draft;
  readonly uploads: readonly Upload[];
}) {
  if (draft.files.length + uploads.length === 0) return null;
  return (
    <Tray
      files={draft.files}
      uploads={uploads}
      onCancel={(upload) => void cancelUpload(upload)}
      onRemove={(file) =>
        void saveDraft({ ...draft, files: draft.files.filter((each) => each !== file) })
      }
    />
  );
}

/** The text of the message that is edited, and a function that ends editing. */
function useEditing({ edited, onEdit }: Pick<Props, "edited" | "onEdit">) {
  const [changed, setChanged] = useState<Editing | null>(null);
  if (!edited && changed) setChanged(null);
  const editing =
    edited && (changed?.message === edited ? changed : { message: edited, text: edited.body });
  const change = (text: string) => edited && setChanged({ message: edited, text });
  const finish = ({ message, text }: Editing) => {
    const body = text.trim();
    if (body === message.body) onEdit(null);
    else void edit(message, body).then((done) => done && onEdit(without(message)));
  };
  return { editing, change, finish };
}

/** End editing of this message, unless another one is being edited. */
const without = (message: Message) => (now: Message | null) => (now === message ? null : now);

/** The newest message of the user that can be edited. */
function lastOfMine(conversation: Conversation | null): Message | null {
  const { threads, me, removals } = getState();
  const last = threads[conversation?.id ?? ""]?.messages.findLast(
    (each) => isEditable(each, me?.id ?? "") && !removals[each.id],
  );
  return last ?? null;
}

const NO_MESSAGES: readonly Message[] = [];

/** Stops the answer that is being given in this session; null if there is none. */
function useStop(conversation: Conversation | null): (() => void) | null {
  const id = conversation?.id ?? "";
  const messages = useStore((state) => state.threads[id]?.messages) ?? NO_MESSAGES;
  const myId = useStore((state) => state.me?.id ?? "");
  const [stopped, setStopped] = useState(0);
  const question = openQuestion({ messages, conversation, myId });
  const online = useStore((state) => state.link === "online");
  const ending = question === stopped;
  useEffect(() => {
    if (ending && online) stopAnswer(id); // without a connection, the request waits for one
  }, [ending, online, id]);
  return question === null || ending ? null : () => setStopped(question);
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
