import type { Hit, User } from "backchannel-client";
import { type ReactNode, useEffect, useState } from "react";
import { isDark, switchTheme } from "../state/preferences";
import { getState, setState, useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { shortTime } from "../ui/format";
import { Handle } from "../ui/handle";
import { Icon, type IconName } from "../ui/icon";
import { go } from "../ui/location";
import { addressOf, Snippet } from "./hit";
import { nameOf } from "./names";
import { useOpenWith, usePeople } from "./people";
import { type ResultKeys, useSelected } from "./result-keys";
import { useHits } from "./searching";

const MOST_HITS = 20;

interface Props {
  /** The id of the list; the ids of the options begin with it. */
  readonly id: string;
  readonly text: string;
  readonly resultKeys: ResultKeys;
  /** Called with the id of the option that the keys have selected. */
  readonly onActive: (id: string | undefined) => void;
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

/** The people, actions and messages that match the text of the palette. */
export default function PaletteResults({ id, text, resultKeys, onActive, onNew, onClose }: Props) {
  const { options, settled } = useOptions(text, onNew, onClose);
  const [entered, setEntered] = useState<string | null>(null);
  const onEnter = (index: number) => {
    if (settled || index > 0) options[index]?.open();
    else setEntered(text); // while people are searched, they come first
  };
  useEffect(() => {
    if (entered === text && settled) options[0]?.open();
  }, [entered, text, settled, options]);
  const [at] = useSelected(resultKeys, { id, text, count: options.length, wraps: true, onEnter });
  const active = options[at] ? `${id}-${at}` : undefined;
  useEffect(() => onActive(active), [onActive, active]);
  if (options.length === 0) return <p className="palette__none">{t.noHitsText}</p>;
  return options.map((option, index) => (
    <div key={option.key} role="presentation">
      {option.group !== options[index - 1]?.group && <h3 role="presentation">{option.group}</h3>}
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
  ));
}

interface Options {
  readonly options: readonly Option[];
  /** The search for people with this text has finished. */
  readonly settled: boolean;
}

function useOptions(text: string, onNew: () => void, onClose: () => void): Options {
  const { people, searched } = usePeople(text);
  const hits = useHits(text);
  const openWith = useOpenWith(onClose);
  const conversations = useStore((state) => state.conversations);
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
    end: (
      <small>
        <Handle username={user.username} />
        {known.has(user.id) ? "" : " · +"}
      </small>
    ),
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
  const options = [...people.slice(0, text ? 6 : 5).map(person), ...actions, ...found];
  return { options, settled: searched === text };
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
      <span className="prefixed">
        {mine && `${t.you}: `}
        <span className="truncate" dir="auto">
          <Snippet hit={hit} />
        </span>
      </span>
    ),
    note: <bdi>{name}</bdi>,
    end: <small className="num">{shortTime(hit.created_at)}</small>,
    open,
  };
}

function matches(name: string, text: string): boolean {
  return name.toLocaleLowerCase().includes(text.toLocaleLowerCase());
}
