import type { Hit, User } from "backchannel-client";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { useLocation } from "wouter";
import { isDark, switchTheme } from "../state/preferences";
import { getState, setState, useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { Dialog } from "../ui/dialog";
import { shortTime } from "../ui/format";
import { Icon, type IconName } from "../ui/icon";
import { addressOf, Snippet } from "./hit";
import { nameOf } from "./names";
import { useOpenWith, usePeople } from "./people";
import { useHits } from "./searching";

const MOST_HITS = 20;

interface Props {
  readonly onNew: () => void;
  readonly onClose: () => void;
}

interface Option {
  readonly key: string;
  readonly group: string;
  readonly picture: ReactNode;
  readonly text: ReactNode;
  readonly note?: ReactNode;
  readonly end?: ReactNode;
  readonly open: () => void;
}

/** Go to a person, a message or an action by typing (rule W14). */
export function Palette({ onNew, onClose }: Props) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const options = useOptions(text.trim(), onNew, onClose);
  const id = useId();
  const at = Math.min(chosen, Math.max(0, options.length - 1));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = (at + step + options.length) % Math.max(1, options.length);
      setChosen(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      options[at]?.open();
    }
  };
  return (
    <Dialog label={t.goTo} onClose={onClose}>
      <div className="palette__field">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={options[at] ? `${id}-${at}` : undefined}
          aria-label={t.goTo}
          placeholder={t.search}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
          autoFocus
        />
        <kbd>Esc</kbd>
      </div>
      <div className="palette__list" role="listbox" id={`${id}-list`} aria-label={t.results}>
        {options.length === 0 && <p className="palette__none">{t.noHitsText}</p>}
        {options.map((option, index) => (
          <div key={option.key} role="presentation">
            {option.group !== options[index - 1]?.group && (
              <h3 role="presentation">{option.group}</h3>
            )}
            <div
              className="option"
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              onClick={option.open}
            >
              {option.picture}
              <span className="option__text">
                <span className="truncate">{option.text}</span>
                {option.note && <small className="truncate">{option.note}</small>}
              </span>
              <span className="end">{option.end}</span>
            </div>
          </div>
        ))}
      </div>
      <div className="palette__foot" aria-hidden>
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> {t.toMove}
        </span>
        <span>
          <kbd>↵</kbd> {t.toOpen}
        </span>
      </div>
    </Dialog>
  );
}

function useOptions(text: string, onNew: () => void, onClose: () => void): Option[] {
  const { people } = usePeople(text);
  const hits = useHits(text);
  const openWith = useOpenWith(onClose);
  const conversations = useStore((state) => state.conversations);
  const [, go] = useLocation();
  const known = new Set(Object.values(conversations).map((each) => each.peer_id));
  const visit = (address: string) => {
    go(address);
    onClose();
  };
  const person = (user: User): Option => ({
    key: `person-${user.id}`,
    group: t.people,
    picture: <Avatar id={user.id} name={user.display_name} size={32} picture={user.avatar_url} />,
    text: <bdi>{user.display_name}</bdi>,
    end: <small>{known.has(user.id) ? `@${user.username}` : `@${user.username} · +`}</small>,
    open: () => openWith(user),
  });
  const action = (icon: IconName, name: string, open: () => void): Option => ({
    key: `action-${icon}`,
    group: t.do,
    picture: <Icon name={icon} />,
    text: name,
    open,
  });
  const actions = [
    action("compose", t.newConversation, onNew),
    action(isDark() ? "sun" : "moon", isDark() ? t.switchToLight : t.switchToDark, () => {
      switchTheme();
      onClose();
    }),
    action("settings", t.settings, () => visit("/settings")),
  ].filter((each) => matches(String(each.text), text));
  const found = (hits ?? [])
    .slice(0, MOST_HITS)
    .map((hit) => hitOption(hit, () => visit(addressOf(hit))));
  const everywhere = action("search", t.searchMessagesFor(text), () => {
    setState({ searching: { text, within: null } });
    onClose();
  });
  if (text) found.push({ ...everywhere, group: t.messages });
  return [...people.slice(0, text ? 6 : 5).map(person), ...actions, ...found];
}

function hitOption(hit: Hit, open: () => void): Option {
  const conversation = getState().conversations[hit.conversation_id];
  const name = conversation ? nameOf(conversation) : "";
  const mine = hit.sender_id === getState().me?.id;
  return {
    key: `hit-${hit.id}`,
    group: t.messages,
    picture: <Avatar id={conversation?.peer_id ?? ""} name={name} size={32} />,
    text: (
      <>
        {mine && `${t.you}: `}
        <Snippet hit={hit} />
      </>
    ),
    note: <bdi>{name}</bdi>,
    end: <small className="num">{shortTime(hit.created_at)}</small>,
    open,
  };
}

function matches(name: string, text: string): boolean {
  return name.toLocaleLowerCase().includes(text.toLocaleLowerCase());
}
