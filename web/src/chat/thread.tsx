import type { Conversation, FileInfo, Message, Outgoing } from "backchannel-client";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { loadOlder } from "../state/actions";
import { allAsShown } from "../state/removals";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { dayName } from "../ui/format";
import { Icon } from "../ui/icon";
import { useArrival } from "./arrival";
import { type Item, itemsOf } from "./items";
import { Lightbox } from "./lightbox";
import { type MenuFor, MessageMenu } from "./menu";
import { MessageView } from "./message";
import { isPicture } from "./names";
import { OutgoingView } from "./outgoing";
import { usePinned } from "./pinned";
import { useActions, useHover } from "./pointing";
import { useReading } from "./reading";

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
    conversation && conversation.unread > 0 ? conversation.mine.read_seq : null,
  );
  const removals = useStore((state) => state.removals);
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
      }),
    [messages, outgoing, thread?.complete, conversation, myId, divider, typing],
  );
  const ready = conversation === null || thread !== undefined;
  const place = usePinned({ id, scroller, list, items, ready });
  const unread = useReading({ conversation, messages, myId, pinned: place.pinned });

  const jump = useCallback(
    (seq: number) => {
      const index = items.findIndex((item) => item.kind === "message" && item.message.seq === seq);
      if (index < 0) return;
      list.current?.scrollToIndex(index, { align: "center" });
      setFound(seq);
      setTimeout(() => setFound(0), 1_600);
    },
    [items],
  );
  useArrival({ id, ready, items, jump });
  const bySeq = useMemo(() => new Map(messages.map((each) => [each.seq, each])), [messages]);
  const actions = useActions({ myId, jump, onReply, setMenu, setPhoto });
  const hover = useHover(bySeq, actions, { onReply, onEdit, myId });

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
        return <Beginning id={peerId} name={name} />;
    }
  };

  const onScroll = () => {
    place.moved();
    const at = list.current?.scrollOffset ?? 0;
    if (at < 1_200 && thread && !thread.complete) place.older(() => loadOlder(id));
  };

  return (
    <>
      <section
        className="thread"
        ref={scroller}
        tabIndex={0}
        aria-label={t.messages}
        onScroll={onScroll}
        {...hover.handlers}
      >
        {ready ? (
          <div className="column" ref={place.content}>
            <Virtualizer
              ref={list}
              scrollRef={scroller}
              shift={place.prepending}
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
          files={messages.flatMap((each) => each.files).filter(isPicture)}
          shown={photo}
          onShow={setPhoto}
          onClose={() => setPhoto(null)}
        />
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

/** The padding above the first item, as `.column` has it. */
const COLUMN_TOP = 24;

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

function Beginning({ id, name }: { readonly id: string; readonly name: string }) {
  return (
    <section className="beginning">
      <Avatar id={id} name={name} size={88} />
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p>{t.beginning}</p>
    </section>
  );
}

function TypingBubble({ name }: { readonly name: string }) {
  return (
    <div className="message message--in is-first is-last">
      <div className="bubble typing">
        <span className="sr">{t.isTyping(name)}</span>
        <i />
        <i />
        <i />
      </div>
    </div>
  );
}

const BONES = [
  [260, 36, false],
  [380, 57, false],
  [220, 36, true],
  [420, 78, true],
  [300, 36, false],
  [180, 36, false],
  [340, 57, true],
] as const;

function ThreadSkeleton() {
  return (
    <div className="skeleton column" role="status">
      <span className="sr">{t.loadingMessages}</span>
      {BONES.map(([width, height, out]) => (
        <span
          key={width}
          className={`bone bone--bubble${out ? " bone--out" : ""}`}
          style={{ width, height }}
        />
      ))}
    </div>
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
