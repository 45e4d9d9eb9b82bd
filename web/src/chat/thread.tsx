import type { Conversation, FileInfo, Message, Outgoing } from "backchannel-client";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { askAgain } from "../state/actions";
import { readPreference } from "../state/preferences";
import { allAsShown } from "../state/removals";
import { type State, useStore } from "../state/store";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { dayName } from "../ui/format";
import { Icon } from "../ui/icon";
import { useDay } from "../ui/now";
import { useSwipe } from "../ui/swipe";
import { useAnnouncement } from "./announcement";
import { type Item, itemsOf, reused, seqOf, type ThreadView } from "./items";
import { useJump } from "./jump";
import { useMessageMenu } from "./menu";
import { MessageView } from "./message";
import { useActions, useHover } from "./message-actions";
import { OutgoingView } from "./outgoing";
import { useReadMark } from "./read-mark";
import { useReadTime } from "./read-time";
import { COLUMN_TOP, savedHeights, useScrollPosition, useShift } from "./scroll-position";
import { Beginning, ThreadSkeleton, TypingBubble } from "./thread-placeholders";
import { useTyping } from "./typing";

const AnswerView = deferred(
  () => import("./answer").then((module) => module.AnswerView),
  ({ item }) => <p className="answer">{item.body}</p>,
);

const FloatingDay = deferred(() => import("./floating-day").then((module) => module.default));
const Lightbox = deferred(() => import("./lightbox").then((module) => module.default));

interface Props {
  readonly conversation: Conversation | null;
  readonly name: string;
  readonly peerId: string;
  readonly outgoing: readonly Outgoing[];
  /** The number of messages sent from here: each is scrolled into view. */
  readonly sent: number;
  readonly onEditOutgoing: (outgoing: Outgoing) => void;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (message: Message) => void;
  readonly children: (jump: ReactNode) => ReactNode;
}

const NO_MESSAGES: readonly Message[] = [];

const showsPreviews = ({ config }: State) =>
  config?.link_previews === true && readPreference("linkPreviews") === "yes";

/** The messages of a conversation, newest at the end. */
export function Thread(props: Props) {
  const { conversation, name, peerId, outgoing, sent, onEditOutgoing, onReply, onEdit } = props;
  const id = conversation?.id ?? "";
  const thread = useStore((state) => state.threads[id]);
  const myId = useStore((state) => state.me?.id ?? "");
  const typing = useTyping(id);
  const previews = useStore(showsPreviews);
  useDay();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [found, setFound] = useState(0);
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
  const items = useItems({
    messages,
    outgoing,
    complete: conversation === null || (thread?.complete ?? false),
    conversation,
    myId,
    divider,
    typing,
    partial,
  });
  const lastRead = items.findLast((item) => item.kind === "message" && item.newestRead);
  const readAt = useReadTime(id, (lastRead && seqOf(lastRead)) ?? 0);
  const ready = conversation === null || thread !== undefined;
  const live = conversation === null || (thread?.live ?? false);
  const complete = thread?.complete ?? true;
  const place = useScrollPosition({ id, scroller, list, items, ready, live, complete });
  const { toEnd } = place;
  useEffect(() => {
    if (sent > 0) toEnd();
  }, [sent, toEnd]);
  const shift = useShift(items);
  const newest = messages.at(-1)?.seq ?? 0;
  const unread = useReadMark({ conversation, newest, atEnd: place.atEnd });

  const show = useCallback(
    (seq: number) => {
      const index = items.findIndex((item) => seqOf(item) === seq);
      list.current?.scrollToIndex(index, { align: "center" });
      setFound(seq);
      setTimeout(() => setFound(0), 1_600);
    },
    [items],
  );
  const jump = useJump({ id, ready, items, show });
  useAnnouncement({
    name: conversation?.kind === "session" ? t.assistant : name,
    conversation,
    messages,
    myId,
    ready,
  });
  const bySeq = useMemo(() => new Map(messages.map((each) => [each.seq, each])), [messages]);
  const reportable = conversation?.kind === "direct";
  const menu = useMessageMenu({ name, reportable, onReply, onEdit });
  const actions = useActions({ myId, jump, onReply, setMenu: menu.open, setPhoto });
  const hover = useHover(bySeq, actions, { onReply, onEdit, myId });

  const swipe = useSwipe({
    selector: ".message[data-seq]",
    sides: ["end"],
    onSwipe: ({ dataset }) => {
      const message = bySeq.get(Number(dataset.seq));
      if (message && message.deleted_at === null) onReply(message);
    },
    onHold: ({ dataset }, x, y) => {
      const message = bySeq.get(Number(dataset.seq));
      if (message && message.deleted_at === null) actions.menu(message, x, y);
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
            found={found === item.message.seq}
            previews={previews}
            active={hover.seq === item.message.seq}
            actions={actions}
          />
        );
      }
      case "answer": {
        const question = bySeq.get(item.message?.reply_to ?? 0);
        const last = item.message !== null && item === items.at(-1);
        return (
          <AnswerView
            item={item}
            found={found === item.message?.seq}
            onAgain={last && question ? () => void askAgain(question) : null}
          />
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
        <FloatingDay scroller={scroller} list={list} items={items} />
        {ready ? (
          <div className="column" ref={place.content}>
            <Virtualizer
              ref={list}
              scrollRef={scroller}
              shift={shift}
              {...savedHeights(id, items)}
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
        <Lightbox
          conversationId={id}
          messages={messages}
          last={conversation?.last_seq ?? 0}
          file={photo}
          onClose={() => setPhoto(null)}
        />
      )}
      {menu.shown}
      {props.children(<JumpButton shown={ready && !place.atEnd} count={unread} onJump={toEnd} />)}
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

function useItems(view: ThreadView): readonly Item[] {
  const before = useRef<readonly Item[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: everything in the view
  const items = useMemo(() => reused(before.current, itemsOf(view)), Object.values(view));
  before.current = items;
  return items;
}
