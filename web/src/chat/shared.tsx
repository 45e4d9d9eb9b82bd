import type { Conversation, FileInfo, Message } from "backchannel-client";
import { type ReactNode, useMemo, useState } from "react";
import { attempt } from "../state/actions";
import { type SharedFiles, useSharedFiles } from "../state/shared-files";
import { type State, useStore } from "../state/store";
import { t } from "../strings";
import { deferred } from "../ui/deferred";
import { size } from "../ui/format";
import { Icon } from "../ui/icon";
import { download } from "./files";
import { isPicture, isVoice } from "./names";
import { Picture } from "./picture";
import { linksOf } from "./rich";

const Lightbox = deferred(() => import("./lightbox").then((module) => module.default));

const MOST_PICTURES = 9;
const MOST_FILES = 6;
const MOST_LINKS = 6;

const NO_MESSAGES: readonly never[] = [];

const isOther = (file: FileInfo) => !isPicture(file) && !isVoice(file);

/** The pictures and files of the conversation, the latest first, and the latest links. */
export function Shared({ conversation }: { readonly conversation: Conversation }) {
  const held = useStore((state) => state.threads[conversation.id]?.messages) ?? NO_MESSAGES;
  const { messages, complete, more } = useSharedFiles(conversation.id, held);
  const removals = useStore((state) => state.removals);
  const [photo, setPhoto] = useState<FileInfo | null>(null);
  const files = useMemo(() => {
    const shown = withoutDeleted(messages, removals);
    return shown.flatMap((each) => each.files.toReversed());
  }, [messages, removals]);
  const links = useMemo(() => {
    const shown = withoutDeleted(held, removals);
    return new Set(shown.flatMap((each) => linksOf(each.body)));
  }, [held, removals]);
  const group = { complete, onMore: more };
  return (
    <>
      <Group {...group} label={t.sharedMedia} files={files} isOne={isPicture} few={MOST_PICTURES}>
        {(pictures) => (
          <div className="shared">
            {pictures.map((file) => (
              <button
                key={file.id}
                className="shared__item"
                type="button"
                aria-label={file.name}
                onClick={() => setPhoto(file)}
              >
                <Picture file={file} />
              </button>
            ))}
          </div>
        )}
      </Group>
      <Group {...group} label={t.filterFiles} files={files} isOne={isOther} few={MOST_FILES}>
        {(others) =>
          others.map((file) => (
            <button
              key={file.id}
              className="line-item"
              type="button"
              onClick={() => void download(file)}
            >
              <Icon name="file" />
              <span className="sr">{t.download}: </span>
              <span className="grow truncate" dir="auto">
                {file.name}
              </span>
              <small className="num">{size(file.size)}</small>
            </button>
          ))
        }
      </Group>
      {links.size > 0 && (
        <section className="group" aria-label={t.filterLinks}>
          <div className="group__head">{t.filterLinks}</div>
          {[...links].slice(0, MOST_LINKS).map((link) => (
            <a
              key={link}
              className="line-item"
              href={link}
              target="_blank"
              rel="noopener noreferrer ugc"
            >
              <Icon name="link" />
              <span className="grow truncate" dir="ltr">
                {link.replace(/^https?:\/\//, "")}
              </span>
            </a>
          ))}
        </section>
      )}
      {photo && (
        <Lightbox
          conversationId={conversation.id}
          messages={messages}
          last={conversation.last_seq}
          file={photo}
          onClose={() => setPhoto(null)}
        />
      )}
    </>
  );
}

/** The messages that are not deleted, the latest first. */
function withoutDeleted(messages: readonly Message[], removals: State["removals"]): Message[] {
  return messages.filter((each) => each.deleted_at === null && !removals[each.id]).reverse();
}

interface GroupProps {
  readonly label: string;
  readonly files: readonly FileInfo[];
  readonly isOne: (file: FileInfo) => boolean;
  /** This many are shown at first. */
  readonly few: number;
  readonly complete: boolean | null;
  readonly onMore: SharedFiles["more"];
  readonly children: (shown: readonly FileInfo[]) => ReactNode;
}

/** The files of one kind: the latest ones, or all, which are loaded on demand. */
function Group({ label, files, isOne, few, complete, onMore, children }: GroupProps) {
  const [all, setAll] = useState(false);
  const found = files.filter(isOne);
  const partial = complete === false;
  if (found.length === 0 && !partial) return null;
  return (
    <section className="group" aria-label={label}>
      <div className="group__head">
        {label}
        {(partial || found.length > few) && (
          <button type="button" aria-expanded={all} onClick={() => setAll(!all)}>
            {t.all} {complete && <span className="num">{found.length}</span>}
          </button>
        )}
      </div>
      {children(all ? found : found.slice(0, few))}
      {all && partial && (
        <button
          className="line-item is-more"
          type="button"
          onClick={() => void attempt(() => onMore(isOne))}
        >
          {t.showMore}
        </button>
      )}
    </section>
  );
}
