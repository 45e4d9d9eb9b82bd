import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { findConversation } from "../state/actions";
import { client } from "../state/client";
import { isMuted } from "../state/conversation-settings";
import { setState, useStore } from "../state/store";
import { t } from "../strings";
import { EmptyArt } from "../ui/mark";
import { Conversation } from "./conversation";
import { Details } from "./details";
import { List } from "./list";
import { nameOf } from "./names";
import { Palette } from "./palette";
import { NewConversation } from "./people";
import { SearchPane } from "./search-pane";
import { useShortcuts } from "./shortcuts";

const KeyboardSheet = lazy(() =>
  import("./keyboard-sheet").then((module) => ({ default: module.KeyboardSheet })),
);

interface Props {
  /** The conversation in the address, or the user to begin one with. */
  readonly id: string | null;
  readonly peerId: string | null;
}

/** The list beside a conversation; on a narrow screen one of the two. */
export function Shell({ id, peerId }: Props) {
  const [dialog, setDialog] = useState<"new" | "palette" | "keyboard" | null>(null);
  useShortcuts({
    current: id,
    onPalette: () => setDialog("palette"),
    onKeyboard: () => setDialog("keyboard"),
    onSearch: () => setState({ searching: { text: "", within: id } }),
  });
  const searching = useStore((state) => state.searching);
  const [details, setDetails] = useState(false);
  const close = useCallback(() => setDialog(null), []);
  const toggle = useCallback(() => setDetails((was) => !was), []);
  useTitle();
  const open = id !== null || peerId !== null;
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
      <Suspense>{dialog === "keyboard" && <KeyboardSheet onClose={close} />}</Suspense>
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
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    if (conversation || !listed) return;
    findConversation(id).then(
      (found) => setMissing(found === null),
      () => {}, // there is no connection; the offline bar says so
    );
  }, [id, conversation, listed]);
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

/** A conversation with somebody: the one there is, or the one that the first message makes. */
function ByPeer({ peerId, details, onDetails }: Detailed & { readonly peerId: string }) {
  const [, go] = useLocation();
  const user = useStore((state) => state.users[peerId]);
  const known = useStore((state) =>
    Object.values(state.conversations).find((each) => each.peer_id === peerId),
  );
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    if (known) go(`/c/${known.id}`, { replace: true });
  }, [known, go]);
  useEffect(() => {
    if (user) return;
    client.api.user(peerId).then(
      (found) => useStore.setState((state) => ({ users: { ...state.users, [peerId]: found } })),
      () => setMissing(true),
    );
  }, [user, peerId]);
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
  return (
    <main className="conversation">
      <div className="empty">
        <EmptyArt />
        <h1 className="sr">{t.noneOpen}</h1>
        <p className="empty__quiet">{some ? t.pick : t.firstOpensHere}</p>
        {some && (
          <span className="hint">
            <kbd>Ctrl</kbd>
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
      </div>
    </main>
  );
}

/** How much is unread stands in the title of the tab. */
function useTitle(): void {
  const unread = useStore((state) =>
    Object.values(state.conversations)
      .filter((each) => !each.settings.archived && !isMuted(each))
      .reduce((sum, each) => sum + each.unread, 0),
  );
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${t.appName}` : t.appName;
  }, [unread]);
}
