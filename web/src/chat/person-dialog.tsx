import type { User } from "backchannel-client";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { Dialog } from "../ui/dialog";
import { Handle } from "../ui/handle";
import { Icon } from "../ui/icon";
import { usePeople } from "./people";

interface Props {
  readonly title: string;
  /** The id of a user who is not offered. */
  readonly except?: string;
  /** An action for the chosen user is under way. */
  readonly busy?: boolean;
  readonly onPick: (user: User) => void;
  readonly onClose: () => void;
  /** Content below the users. */
  readonly children?: ReactNode;
}

/** Find a user by name. */
export function PersonDialog({ title, except, busy = false, children, onPick, onClose }: Props) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const { people: found, searched, failed } = usePeople(text);
  const people = found.filter((user) => user.id !== except);
  const id = useId();
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((was) => Math.min(Math.max(was + step, 0), Math.max(people.length - 1, 0)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const user = people[chosen];
      if (user && !busy) onPick(user);
    }
  };
  return (
    <Dialog label={title} narrow onClose={onClose}>
      <div className="dialog__head">
        <h2>{title}</h2>
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
          <ul
            className="people"
            role="listbox"
            id={`${id}-people`}
            aria-label={t.people}
            aria-busy={busy}
          >
            {people.map((user, index) => (
              <PersonOption
                key={user.id}
                id={`${id}-${user.id}`}
                user={user}
                selected={index === chosen}
                onOpen={() => !busy && onPick(user)}
              />
            ))}
          </ul>
        ) : (
          searched === text && text.trim() && <NobodyFound failed={failed} />
        )}
        {children}
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
        <small>
          <Handle username={user.username} />
        </small>
      </span>
    </li>
  );
}

function NobodyFound({ failed }: { readonly failed: boolean }) {
  return (
    <div className="no-matches" role="status">
      <b>{failed ? t.somethingFailed : t.nobodyFound}</b>
      <small>{failed ? t.unreachable : t.nobodyFoundText}</small>
    </div>
  );
}
