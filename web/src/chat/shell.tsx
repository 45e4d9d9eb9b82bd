import { ApiError, type Conversation as Data } from "backchannel-client";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { findConversation } from "../state/actions";
import { client } from "../state/client";
import { isMuted } from "../state/conversation-settings";
import { getState, setState, useStore } from "../state/store";
import { t } from "../strings";
import { loadSettingsStrings } from "../strings/settings";
import { EmptyArt } from "../ui/brand";
import { deferred } from "../ui/deferred";
import { go, isNarrow, Link, useCover } from "../ui/location";
import { List } from "./list";
import { nameOf } from "./names";
import { Palette } from "./palette";
import { SearchPane } from "./search-pane";
import { useShortcuts } from "./shortcuts";

const Conversation = deferred(
  () => import("./conversation").then((module) => module.Conversation),
  <main className="conversation" aria-busy />,
);
// The list can be used before this part has loaded.
Conversation.prefetch();
const Details = deferred(() => import("./details").then((module) => module.Details));
const NewConversation = deferred(() =>
  import("./new-conversation").then((module) => module.NewConversation),
);
const KeyboardSheet = deferred(async () => {
  const [sheet] = await Promise.all([import("./keyboard-sheet"), loadSettingsStrings()]);
  return sheet.KeyboardSheet;
});

interface Props {
  /** The conversation in the address, or the user to begin one with. */
  readonly id: string | null;
  readonly peerId: string | null;
}

/** The list beside a conversation; on a narrow screen, one of the two. */
export function Shell({ id, peerId }: Props) {
  const [dialog, setDialog] = useState<"new" | "palette" | "keyboard" | null>(null);
  const searching = useStore((state) => state.searching);
  const [details, setDetails] = useState(false);
  const close = useCallback(() => setDialog(null), []);
  const uncover = useCallback(() => {
    setState({ searching: null });
    setDetails(false);
  }, []);
  const toggle = useCallback(() => setDetails((was) => !was), []);
  const open = id !== null || peerId !== null;
  useShortcuts({
    current: id,
    onPalette: () => setDialog("palette"),
    onKeyboard: () => setDialog("keyboard"),
    onSearch: () => setState({ searching: { text: "", within: id } }),
    onClose: open && details ? toggle : null,
  });
  useCover(searching !== null || (open && details), uncover);
  useEffect(() => {
    // On a narrow screen, the details would cover the search.
    if (searching && isNarrow()) setDetails(false);
  }, [searching]);
  return (
    <>
      <a className="skip" href={open ? "#message-field" : "#conversations"}>
        {open ? t.skipToField : t.skipToList}
      </a>
      <div
        className="shell"
        data-pane={open && !searching ? "conversation" : "list"}
        data-details={open && details ? "" : undefined}
      >
        {searching ? (
          <SearchPane searching={searching} />
        ) : (
          <List current={id} onSearch={() => setDialog("palette")} onNew={() => setDialog("new")} />
        )}
        {id !== null ? (
          <ById key={id} id={id} details={details} onDetails={toggle} />
        ) : peerId !== null ? (
          <ByPeer key={peerId} peerId={peerId} details={details} onDetails={toggle} />
        ) : (
          <NoneOpen />
        )}
      </div>
      {dialog === "new" && <NewConversation onClose={close} />}
      {dialog === "keyboard" && <KeyboardSheet onClose={close} />}
      <UnreadTitle />
      {dialog === "palette" && <Palette onNew={() => setDialog("new")} onClose={close} />}
    </>
  );
}

interface Detailed {
  readonly details: boolean;
  readonly onDetails: () => void;
}

function ById({ id, details, onDetails }: Detailed & { readonly id: string }) {
  const conversation = useStore((state) => state.conversations[id]);
  const listed = useStore((state) => state.listed);
  const link = useStore((state) => state.link);
  const [missing, setMissing] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again with a connection
  useEffect(() => {
    if (conversation || !listed) return;
    findConversation(id).then(
      (found) => setMissing(found === null),
      () => {}, // there is no connection; the offline bar says so
    );
  }, [id, conversation, listed, link]);
  if (missing) return <Placeholder title={t.notFound}>{t.notFoundText}</Placeholder>;
  if (!conversation) return <main className="conversation" aria-busy />;
  const who = { conversation, peerId: conversation.peer_id, name: nameOf(conversation) };
  return (
    <>
      <Conversation {...who} onDetails={onDetails} />
      {details && <Details {...who} onClose={onDetails} />}
    </>
  );
}

/** The conversation with a user: the existing one, or a new one that the first message creates. */
function ByPeer({ peerId, details, onDetails }: Detailed & { readonly peerId: string }) {
  const user = useStore((state) => state.users[peerId]);
  const known = useStore((state) =>
    Object.values(state.conversations).find((each) => each.peer_id === peerId),
  );
  const link = useStore((state) => state.link);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    if (known) go(`/c/${known.id}`, { replace: true });
  }, [known]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again with a connection
  useEffect(() => {
    if (user) return;
    client.api.user(peerId).then(
      (found) => useStore.setState((state) => ({ users: { ...state.users, [peerId]: found } })),
      (error: unknown) => setMissing(error instanceof ApiError && !error.transient),
    );
  }, [user, peerId, link]);
  if (missing) return <Placeholder title={t.notFound}>{t.notFoundText}</Placeholder>;
  if (!user) return <main className="conversation" aria-busy />;
  const who = { conversation: null, peerId, name: user.display_name };
  return (
    <>
      <Conversation {...who} onDetails={onDetails} />
      {details && <Details {...who} onClose={onDetails} />}
    </>
  );
}

function NoneOpen() {
  const some = useStore((state) => Object.keys(state.conversations).length > 0);
  const listed = useStore((state) => state.listed);
  const heading = <h1 className="sr">{t.noneOpen}</h1>;
  if (!listed) {
    return (
      <main className="conversation" aria-busy>
        {heading}
      </main>
    );
  }
  return (
    <main className="conversation">
      <div className="empty">
        <EmptyArt />
        {heading}
        <p className="empty__quiet">{some ? t.pick : t.firstOpensHere}</p>
        {some && (
          <span className="hint">
            <kbd>{t.keys.control}</kbd>
            <kbd>K</kbd> {t.pickAfter}
          </span>
        )}
      </div>
    </main>
  );
}

function Placeholder({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <main className="conversation">
      <div className="empty">
        <EmptyArt />
        <h1 className="sr">{t.noneOpen}</h1>
        <h2>{title}</h2>
        <p>{children}</p>
        <Link className="btn btn--soft" href="/">
          {t.back}
        </Link>
      </div>
    </main>
  );
}

/** Milliseconds; messages that are read on arrival do not count in the title. */
const TITLE_AFTER = 300;

/** The number of unread messages in the title of the tab. */
function UnreadTitle() {
  const conversations = useStore((state) => state.conversations);
  const unread = useMemo(() => unreadOf(Object.values(conversations)), [conversations]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the count
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      const now = unreadOf(Object.values(getState().conversations));
      document.title = now > 0 ? `(${now}) ${t.appName}` : t.appName;
    }, TITLE_AFTER);
  }, [unread]);
  return null;
}

function unreadOf(conversations: readonly Data[]): number {
  return conversations
    .filter((each) => !each.settings.archived && !each.request && !isMuted(each))
    .reduce((sum, each) => sum + each.unread, 0);
}
