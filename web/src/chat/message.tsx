import type { FileInfo, Message } from "backchannel-client";
import { memo, type ReactNode } from "react";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { clock } from "../ui/format";
import { Icon } from "../ui/icon";
import { Files } from "./files";
import type { Item } from "./items";
import { previewOf } from "./names";
import { type Block, blocksOf, CodeBlock, inline, isEmojiOnly, linksOf } from "./rich";
import { type SendState, Tick } from "./tick";

const HoverBar = deferred(() => import("./hover-bar").then((module) => module.HoverBar));

const LinkPreview = deferred(
  () => import("./link-preview").then((module) => module.default),
  <span className="preview" />,
);

type MessageItem = Extract<Item, { kind: "message" }>;

interface Props {
  readonly item: MessageItem;
  readonly name: string;
  readonly myId: string;
  readonly readAt: number | undefined;
  readonly replied: Message | null | undefined;
  readonly found: boolean;
  /** Links are previewed. */
  readonly previews: boolean;
  /** The hover bar is at this message. */
  readonly active: boolean;
  readonly actions: ThreadActions;
}

/** The actions within the thread; always the same object. */
export interface ThreadActions {
  readonly jump: (seq: number) => void;
  readonly react: (message: Message, emoji: string) => void;
  /** Choose from all emoji. */
  readonly pick: (message: Message) => void;
  readonly reply: (message: Message) => void;
  readonly photo: (file: FileInfo) => void;
  readonly menu: (message: Message, x: number, y: number) => void;
}

export const MessageView = memo(function MessageView(props: Props) {
  const { item, name, myId, readAt, replied, found, previews, active, actions } = props;
  const { message, mine, first, last, timed, state } = item;
  const gone = message.deleted_at !== null;
  const goneText = mine ? t.youDeleted : t.deletedBy(name);
  const reactions = Object.entries(message.reactions).filter(([, ids]) => ids.length > 0);
  return (
    <article
      className={classes({
        message: true,
        "message--out": mine,
        "message--in": !mine,
        "is-first": first,
        "is-last": last,
        "has-reactions": reactions.length > 0 && !gone,
        "is-found": found,
      })}
      data-seq={message.seq}
      aria-label={spoken(
        mine ? t.you : name,
        message.created_at,
        gone ? goneText : textOf(message),
      )}
      tabIndex={-1}
    >
      {gone ? (
        <Tombstone message={message} text={goneText} />
      ) : (
        <Bubble
          body={message.body}
          files={message.files}
          onPhoto={actions.photo}
          meta={timed ? <Meta message={message} state={state} /> : null}
          gutter={timed ? null : message.created_at}
          previews={previews}
          quote={
            message.reply_to === null ? null : (
              <Quote
                seq={message.reply_to}
                replied={replied}
                name={replied?.sender_id === myId ? t.you : name}
                onJump={actions.jump}
              />
            )
          }
        >
          {active && <HoverBar message={message} actions={actions} />}
        </Bubble>
      )}
      {reactions.length > 0 && !gone && (
        <div className="reactions">
          {reactions.map(([emoji, ids]) => (
            <button
              className="reaction"
              key={emoji}
              type="button"
              aria-pressed={ids.includes(myId)}
              aria-label={t.reactedBy(emoji, names(ids, myId, name))}
              onClick={() => actions.react(message, emoji)}
            >
              <i>{emoji}</i>
              {ids.length > 1 && ids.length}
            </button>
          ))}
        </div>
      )}
      {item.newestRead && (
        <div className="state-line">{t.readAt(readAt === undefined ? "" : clock(readAt))}</div>
      )}
    </article>
  );
});

interface BubbleProps {
  readonly body: string;
  readonly files: Message["files"];
  readonly onPhoto?: (file: FileInfo) => void;
  readonly meta: ReactNode;
  readonly gutter?: string | null;
  readonly quote?: ReactNode;
  /** The first link is previewed. */
  readonly previews?: boolean;
  readonly children?: ReactNode;
}

export function Bubble(props: BubbleProps) {
  const { body, files, onPhoto, meta, gutter, quote, previews, children } = props;
  const media = files.length > 0;
  const emoji = !media && !quote && isEmojiOnly(body);
  const blocks = blocksOf(body);
  const pages = (block: Block) => (block.kind === "text" ? linksOf(block.text) : []);
  const link = previews && !media ? blocks.flatMap(pages)[0] : undefined;
  const lastText = blocks.at(-1)?.kind === "text" && !link ? blocks.length - 1 : -1;
  const pictures = media && files.every((file) => file.thumbnail_url !== null);
  const album = pictures && files.length > 1 ? " bubble--album" : "";
  const kind = emoji ? " bubble--emoji" : pictures ? ` bubble--media${album}` : "";
  return (
    <div className={`bubble${kind}`}>
      {quote}
      {media && (
        <Files
          files={files}
          meta={blocks.length === 0 ? meta : null}
          captioned={blocks.length > 0}
          onOpen={onPhoto}
        />
      )}
      {blocks.map((block, index) =>
        block.kind === "code" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other key
          <CodeBlock key={index} block={block} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other key
          <p className="bubble__text clear" dir="auto" key={index}>
            {inline(block.text)}
            {index === lastText && meta}
          </p>
        ),
      )}
      {link && <LinkPreview key={link} url={link} />}
      {lastText < 0 && blocks.length > 0 && meta && <div className="clear">{meta}</div>}
      {gutter && <time className="gutter-time">{clock(gutter)}</time>}
      {children}
    </div>
  );
}

export function Meta({
  message,
  state,
}: {
  readonly message: Pick<Message, "created_at" | "edited_at">;
  readonly state: SendState | null;
}) {
  return (
    <span className="meta">
      {message.edited_at && t.edited} <time>{clock(message.created_at)}</time>
      {state && <Tick state={state} />}
    </span>
  );
}

function Tombstone({ message, text }: { readonly message: Message; readonly text: string }) {
  return (
    <div className="bubble bubble--gone">
      <Icon name="block" size={16} />
      <span>
        <bdi>{text}</bdi>
      </span>
      <span className="meta">
        <time>{clock(message.created_at)}</time>
      </span>
    </div>
  );
}

interface QuoteProps {
  readonly seq: number;
  readonly name: string;
  readonly replied: Message | null | undefined;
  readonly onJump: (seq: number) => void;
}

function Quote({ seq, name, replied, onJump }: QuoteProps) {
  const text = replied
    ? replied.deleted_at
      ? t.messageDeleted
      : previewOf(replied).text
    : t.unavailable;
  return (
    <button className="quote" type="button" onClick={() => onJump(seq)}>
      <span className="quote__body">
        <b>
          <bdi>{name}</bdi>
        </b>
        <span className="truncate" dir="auto">
          {text}
        </span>
      </span>
    </button>
  );
}

const textOf = (message: Message) => previewOf(message).text;

/** A message as it is read aloud, with its author, whom a bubble shows only by its side. */
export function spoken(author: string, at: string | number, text: string): string {
  return `${author}, ${clock(at)}: ${text}`;
}

export function classes(which: Readonly<Record<string, boolean>>): string {
  return Object.keys(which)
    .filter((name) => which[name])
    .join(" ");
}

function names(ids: readonly string[], myId: string, name: string): string {
  return ids.map((id) => (id === myId ? t.you : name)).join(t.and);
}
