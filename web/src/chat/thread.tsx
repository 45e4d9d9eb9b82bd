import type { Conversation, FileInfo, Message, Outgoing } from "backchannel-client";
import {
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { say } from "../state/actions";
import { allAsShown } from "../state/removals";
import { useStore } from "../state/store";
import { t } from "../strings";
import { dayName } from "../ui/format";
import { Icon } from "../ui/icon";
import { useSwipe } from "../ui/swipe";
import { useAnnouncement } from "./announcement";
import { useArrival } from "./arrival";
import { type Item, itemsOf, seqOf } from "./items";
import { type MenuFor, MessageMenu } from "./menu";
import { MessageView } from "./message";
import { OutgoingView } from "./outgoing";
import { COLUMN_TOP, keptHeights, usePinned, useShift } from "./pinned";
import { useActions, useHover } from "./pointing";
import { useReading } from "./reading";
import { Beginning, ThreadSkeleton, TypingBubble } from "./thread-placeholders";

const AnswerView = lazy(() =>
  import("./answer").then((module) => ({ default: module.AnswerView })),
);

const Lightbox = lazy(() => import("./lightbox"));

interface Props {
  readonly conversation: Conversation | null;
  readonly name: string;
  readonly peerId: string;
  readonly outgoing: readonly Outgoing[];
  readonly onEditOutgoing: (outgoing: Outgoing) => void;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (message: Message) => void;
  readonly children: (jump: ReactNode) => ReactNode;
}

const NO_MESSAGES: readonly Message[] = [];

/** The messages of a conversation, newest at the end. */
export function Thread(props: Props) {
  const { conversation, name, peerId, outgoing, onEditOutgoing, onReply, onEdit } = props;
  const id = conversation?.id ?? "";
  const thread = useStore((state) => state.threads[id]);
  const readAt = useStore((state) => state.readAt[id]);
  const myId = useStore((state) => state.me?.id ?? "");
  const typing = useTyping(id);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [found, setFound] = useState(0);
  const [menu, setMenu] = useState<MenuFor | null>(null);
  const [photo, setPhoto] = useState<FileInfo | null>(null);
  const [divider] = useState(() =>
    conversation && conversation.unread > 0
      ? { after: conversation.mine.read_seq, count: conversation.unread }
      : null,
  );
  const removals = useStore((state) => state.removals);
  const partial = useStore((state) => state.partials[id] ?? null);
  const messages = useMemo(
    () => allAsShown(thread?.messages ?? NO_MESSAGES, removals),
    [thread?.messages, removals],
  );
  const items = useMemo(
    () =>
      itemsOf({
        messages,
        outgoing,
        complete: conversation === null || (thread?.complete ?? false),
        conversation,
        myId,
        divider,
        typing,
        partial,
      }),
    [messages, outgoing, thread?.complete, conversation, myId, divider, typing, partial],
  );
  const ready = conversation === null || thread !== undefined;
  const live = conversation === null || (thread?.live ?? false);
  const complete = thread?.complete ?? true;
  const place = usePinned({ id, scroller, list, items, ready, live, complete });
  const shift = useShift(items);
  const newest = messages.at(-1)?.seq ?? 0;
  const unread = useReading({ conversation, newest, pinned: place.pinned });

  const show = useCallback(
    (seq: number) => {
      const index = items.findIndex((item) => seqOf(item) === seq);
      list.current?.scrollToIndex(index, { align: "center" });
      setFound(seq);
      setTimeout(() => setFound(0), 1_600);
    },
    [items],
  );
  const jump = useArrival({ id, ready, items, show });
  useAnnouncement({
    name: conversation?.kind === "session" ? t.assistant : name,
    messages,
    myId,
    ready,
  });
  const bySeq = useMemo(() => new Map(messages.map((each) => [each.seq, each])), [messages]);
  const actions = useActions({ myId, jump, onReply, setMenu, setPhoto });
  const hover = useHover(bySeq, actions, { onReply, onEdit, myId });

  const swipe = useSwipe({
    selector: ".message[data-seq]",
    sides: ["end"],
    onSwipe: ({ dataset }) => {
      const message = bySeq.get(Number(dataset.seq));
      if (message && message.deleted_at === null) onReply(message);
    },
  });

  const draw = (item: Item) => {
    switch (item.kind) {
      case "message": {
        const reply = item.message.reply_to;
        return (
          <MessageView
            item={item}
            name={name}
            myId={myId}
            readAt={readAt}
            replied={reply === null ? null : bySeq.get(reply)}
            conversation={conversation}
            found={found === item.message.seq}
            active={hover.seq === item.message.seq}
            actions={actions}
          />
        );
      }
      case "answer": {
        const question = bySeq.get(item.message?.reply_to ?? 0);
        const last = item.message !== null && item === items.at(-1);
        return (
          <Suspense fallback={<p className="answer">{item.body}</p>}>
            <AnswerView
              item={item}
              found={found === item.message?.seq}
              onAgain={last && question ? () => void say(question.body, conversation) : null}
            />
          </Suspense>
        );
      }
      case "outgoing":
        return <OutgoingView item={item} onEdit={onEditOutgoing} />;
      case "day":
        return (
          <h2 className="day__pill">
            <span>{dayName(item.at)}</span>
          </h2>
        );
      case "unread":
        return (
          <div className="unread">
            <span>{t.newMessages(item.count)}</span>
          </div>
        );
      case "typing":
        return <TypingBubble name={name} />;
      case "older":
        return <div className="older" />;
      default:
        return (
          <Beginning
            id={peerId}
            name={name}
            assistant={conversation?.kind === "session"}
            picture={conversation?.peer?.avatar_url}
          />
        );
    }
  };

  return (
    <>
      <section
        className="thread"
        ref={scroller}
        tabIndex={0}
        aria-label={t.messages}
        onScroll={place.moved}
        {...hover.handlers}
        {...swipe}
      >
        {ready ? (
          <div className="column" ref={place.content}>
            <Virtualizer
              ref={list}
              scrollRef={scroller}
              shift={shift}
              {...keptHeights(id, items)}
              data={items}
              bufferSize={600}
              startMargin={COLUMN_TOP}
              as="ol"
              item="li"
            >
              {(item) => <div key={item.key}>{draw(item)}</div>}
            </Virtualizer>
          </div>
        ) : (
          <ThreadSkeleton />
        )}
      </section>
      {photo && (
        <Suspense>
          <Lightbox
            conversationId={id}
            messages={messages}
            last={conversation?.last_seq ?? 0}
            file={photo}
            onClose={() => setPhoto(null)}
          />
        </Suspense>
      )}
      {menu && (
        <MessageMenu at={menu} onReply={onReply} onEdit={onEdit} onClose={() => setMenu(null)} />
      )}
      {props.children(
        <JumpButton shown={ready && !place.pinned} count={unread} onJump={place.toEnd} />,
      )}
    </>
  );
}

interface JumpProps {
  readonly shown: boolean;
  readonly count: number;
  readonly onJump: () => void;
}

function JumpButton({ shown, count, onJump }: JumpProps) {
  return (
    <button
      className={`jump${shown ? " is-shown" : ""}`}
      type="button"
      aria-label={t.jumpToNewest(count)}
      tabIndex={shown ? 0 : -1}
      onClick={onJump}
    >
      <Icon name="jump" />
      {count > 0 && (
        <span className="badge" aria-hidden>
          {count}
        </span>
      )}
    </button>
  );
}

/** Whether the other is typing; a notice is good for six seconds. */
export function useTyping(id: string): boolean {
  const until = useStore((state) => state.typing[id] ?? 0);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const wait = until - Date.now();
    setNow(Date.now());
    if (wait <= 0) return;
    const timer = setTimeout(() => setNow(Date.now()), wait + 10);
    return () => clearTimeout(timer);
  }, [until]);
  return until > now;
}
