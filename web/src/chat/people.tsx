import { ApiError, type User } from "backchannel-client";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { client } from "../state/client";
import { getState, setState, useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";

/** Milliseconds of quiet before the server is asked. */
const PAUSE = 120;

/** Find someone, and open the conversation with them. */
export function NewConversation({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const { people, searched } = usePeople(text);
  const open = useOpenWith(onClose);
  const id = useId();
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((was) => Math.min(Math.max(was + step, 0), Math.max(people.length - 1, 0)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const user = people[chosen];
      if (user) open(user);
    }
  };
  return (
    <Dialog label={t.newConversation} narrow onClose={onClose}>
      <div className="dialog__head">
        <h2>{t.newConversation}</h2>
        <button className="icon-btn" type="button" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="dialog__body">
        <div className="field">
          <label className="field__label" htmlFor={id}>
            {t.nameOrUsername}
          </label>
          <div className="field__box">
            <input
              id={id}
              type="text"
              role="combobox"
              aria-expanded={people.length > 0}
              aria-controls={`${id}-people`}
              aria-activedescendant={people[chosen] ? `${id}-${people[chosen].id}` : undefined}
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
          </div>
        </div>
        {people.length > 0 ? (
          <ul className="people" role="listbox" id={`${id}-people`} aria-label={t.people}>
            {people.map((user, index) => (
              <PersonOption
                key={user.id}
                id={`${id}-${user.id}`}
                user={user}
                selected={index === chosen}
                onOpen={() => open(user)}
              />
            ))}
          </ul>
        ) : (
          searched && text.trim() && <NobodyFound />
        )}
      </div>
    </Dialog>
  );
}

interface OptionProps {
  readonly id: string;
  readonly user: User;
  readonly selected: boolean;
  readonly onOpen: () => void;
}

function PersonOption({ id, user, selected, onOpen }: OptionProps) {
  const online = useStore((state) => state.presence[user.id]?.online ?? false);
  return (
    <li className="option" id={id} role="option" aria-selected={selected} onClick={onOpen}>
      <Avatar
        id={user.id}
        name={user.display_name}
        size={40}
        online={online}
        picture={user.avatar_url}
      />
      <span className="option__text">
        <b>
          <bdi>{user.display_name}</bdi>
        </b>
        <small>@{user.username}</small>
      </span>
    </li>
  );
}

function NobodyFound() {
  return (
    <div className="nobody" role="status">
      <b>{t.nobodyFound}</b>
      <small>{t.nobodyFoundText}</small>
    </div>
  );
}

interface Found {
  readonly people: readonly User[];
  /** The server has answered. */
  readonly searched: boolean;
}

/** The people whose name contains `text`, oneself left out. */
export function usePeople(text: string): Found {
  const [found, setFound] = useState<Found>({ people: [], searched: false });
  const asked = useRef<AbortController | null>(null);
  useEffect(() => {
    const timer = setTimeout(async () => {
      asked.current?.abort();
      asked.current = new AbortController();
      try {
        const users = await client.api.users(text.trim(), asked.current.signal);
        const myId = getState().me?.id;
        setFound({ people: users.filter((user) => user.id !== myId), searched: true });
      } catch (error) {
        if (!(error instanceof ApiError) && !isAbort(error)) throw error;
      }
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => () => asked.current?.abort(), []);
  return found;
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Goes to the conversation with a user, whether there is one yet or not. */
export function useOpenWith(done: () => void): (user: User) => void {
  const [, go] = useLocation();
  return (user) => {
    setState((state) => ({ users: { ...state.users, [user.id]: user } }));
    const known = Object.values(getState().conversations).find(
      (each) => each.kind === "direct" && each.peer_id === user.id,
    );
    go(known ? `/c/${known.id}` : `/to/${user.id}`);
    done();
  };
}
