import type { Conversation } from "backchannel-client";
import { useMemo, useState } from "react";
import { openSession } from "../state/actions";
import { isUnread } from "../state/conversation-settings";
import { inOrder } from "../state/model";
import { offersInvitations, useStore } from "../state/store";
import { update } from "../state/updates";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { EmptyArt } from "../ui/brand";
import { deferred } from "../ui/deferred";
import { Icon } from "../ui/icon";
import { go, Link } from "../ui/location";
import { Row } from "./row";
import { SwipeIcons, useRowActions } from "./row-actions";

const ConversationMenu = deferred(() =>
  import("./conversation-menu").then((module) => module.ConversationMenu),
);

const InvitationButton = deferred(() =>
  import("./invitation").then((module) => module.InvitationButton),
);

type Filter = "all" | "unread" | "assistants" | "archived" | "requests";

interface Props {
  readonly current: string | null;
  readonly onSearch: () => void;
  readonly onNew: () => void;
}

/** The pane with all conversations. */
export function List({ current, onSearch, onNew }: Props) {
  const me = useStore((state) => state.me);
  const online = useStore((state) => state.link === "online");
  const conversations = useStore((state) => state.conversations);
  const listed = useStore((state) => state.listed);
  const [filter, setFilter] = useState<Filter>("all");
  const all = useMemo(() => inOrder(conversations), [conversations]);
  const shown = all.filter((each) => belongs(each, filter));
  const unread = all.filter((each) => belongs(each, "unread")).length;
  const requests = all.filter((each) => belongs(each, "requests")).length;
  const archived = all.filter((each) => each.settings.archived).length;
  const rows = useRowActions();
  const name = me?.display_name ?? "";
  return (
    <nav className="sidebar" id="conversations" aria-label={t.conversations} tabIndex={-1}>
      <div className="sidebar__top">
        <Link
          className="own-avatar"
          href="/settings"
          aria-label={`${t.yourAccount(online)}, ${t.settings}`}
        >
          <Avatar
            id={me?.id ?? ""}
            name={name}
            size={36}
            online={online}
            picture={me?.avatar_url}
          />
        </Link>
        <SearchBox onSearch={onSearch} />
        <button className="icon-btn" type="button" aria-label={t.newConversation} onClick={onNew}>
          <Icon name="compose" />
        </button>
      </div>
      {listed && <Filters filter={filter} unread={unread} onChange={setFilter} />}
      {requests > 0 && filter === "all" && (
        <button className="archived" type="button" onClick={() => setFilter("requests")}>
          <Icon name="message" size={18} />
          {t.messageRequests}
          <span className="num">{requests}</span>
        </button>
      )}
      {filter === "assistants" && shown.length > 0 && <SessionHead />}
      {shown.length > 0 ? (
        <ul className="rows" {...rows.handlers}>
          {shown.map((each) => (
            <li key={each.id}>
              {rows.swiped === each.id && <SwipeIcons conversation={each} />}
              <Row conversation={each} current={each.id === current} />
            </li>
          ))}
        </ul>
      ) : listed ? (
        <Nothing filter={filter} onNew={onNew} />
      ) : (
        <Skeleton />
      )}
      {archived > 0 && filter === "all" && (
        <button className="archived" type="button" onClick={() => setFilter("archived")}>
          <Icon name="archive" size={18} />
          {t.archived}
          <span className="num">{archived}</span>
        </button>
      )}
      <UpdateNotice />
      {rows.menu && <ConversationMenu at={rows.menu} onClose={rows.closeMenu} />}
    </nav>
  );
}

function SearchBox({ onSearch }: { readonly onSearch: () => void }) {
  return (
    <button className="searchbox" type="button" onClick={onSearch} aria-keyshortcuts="Control+K">
      <Icon name="search" size={18} />
      <span className="searchbox__text">{t.search}</span>
      <span className="keys" aria-hidden>
        <kbd>{t.keys.control}</kbd>
        <kbd>K</kbd>
      </span>
    </button>
  );
}

/** Offers the next version, which is shown when the user asks for it (rule W17). */
function UpdateNotice() {
  const ready = useStore((state) => state.updateReady);
  if (!ready) return null;
  return (
    <div className="update" role="status">
      {t.updateReady}
      <button className="btn btn--soft btn--small" type="button" onClick={update}>
        {t.update}
      </button>
    </div>
  );
}

function SessionHead() {
  return (
    <div className="session-head">
      <span>{t.sessions}</span>
      <button
        className="icon-btn"
        type="button"
        aria-label={t.newSession}
        onClick={() => void openSession(go)}
      >
        <Icon name="plus" size={18} />
      </button>
    </div>
  );
}

interface FiltersProps {
  readonly filter: Filter;
  readonly unread: number;
  readonly onChange: (filter: Filter) => void;
}

function Filters({ filter, unread, onChange }: FiltersProps) {
  const names: Partial<Record<Filter, string>> = {
    all: t.all,
    unread: t.unread,
    assistants: t.assistants,
    ...(filter === "archived" && { archived: t.archived }),
    ...(filter === "requests" && { requests: t.requests }),
  };
  return (
    <div className="filters" role="group" aria-label={t.show}>
      {(Object.keys(names) as Filter[]).map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={filter === each}
          ref={filter === each ? intoView : undefined}
          onClick={() => onChange(each)}
        >
          {names[each]}
          {each === "unread" && <span className="num">{unread || null}</span>}
        </button>
      ))}
    </div>
  );
}

/** Scroll to the chosen filter, if the row is too narrow for all of them. */
function intoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function Nothing({ filter, onNew }: { readonly filter: Filter; readonly onNew: () => void }) {
  const invites = useStore(offersInvitations);
  const [title, text] =
    filter === "unread"
      ? [t.noUnread, t.noUnreadText]
      : filter === "assistants"
        ? [t.noAssistants, t.noAssistantsText]
        : filter === "archived"
          ? [t.noArchived, t.noArchivedText]
          : filter === "requests"
            ? [t.noRequests, t.noRequestsText]
            : [t.quietTitle, t.quietText];
  return (
    <div className="empty empty--list">
      <EmptyArt accent />
      <h2>{title}</h2>
      <p>{text}</p>
      {filter === "all" && (
        <button className="btn btn--primary" type="button" onClick={onNew}>
          <Icon name="search" size={18} />
          {t.findSomeone}
        </button>
      )}
      {filter === "all" && invites && <InvitationButton />}
      {filter === "assistants" && (
        <button className="btn btn--primary" type="button" onClick={() => void openSession(go)}>
          <Icon name="plus" size={18} />
          {t.newSession}
        </button>
      )}
    </div>
  );
}

const PLACEHOLDER_WIDTHS = [34, 42, 28, 38, 46, 30, 40];

function Skeleton() {
  return (
    <div className="skeleton rows" aria-hidden>
      {PLACEHOLDER_WIDTHS.map((width) => (
        <div className="row" key={width}>
          <span className="placeholder placeholder--dot" />
          <span className="placeholder-lines">
            <span className="placeholder" style={{ width: `${width}%` }} />
            <span className="placeholder" style={{ width: `${100 - width}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

function belongs(conversation: Conversation, filter: Filter): boolean {
  if (conversation.request || filter === "requests") {
    return conversation.request === "pending" && filter === "requests";
  }
  if (conversation.settings.archived || filter === "archived") {
    return conversation.settings.archived && filter === "archived";
  }
  if (filter === "unread") return isUnread(conversation);
  return filter === "all" || conversation.kind === "session";
}
