import { type FormEvent, useState } from "react";
import { deleteSession, renameSession } from "../state/actions";
import { t } from "../strings";
import { Avatar } from "../ui/avatar";
import { Field } from "../ui/field";
import { Icon } from "../ui/icon";
import { go } from "../ui/location";

/** Characters, as the server counts them. */
const LONGEST_NAME = 200;

interface Props {
  readonly id: string;
  readonly name: string;
}

/** Rename or delete a session with the assistant. */
export function SessionDetails({ id, name }: Props) {
  const [typed, setTyped] = useState(name);
  const [asking, setAsking] = useState(false);
  const rename = (event: FormEvent) => {
    event.preventDefault();
    void renameSession(id, typed.trim());
  };
  const onDelete = async () => {
    if (await deleteSession(id)) go("/");
  };
  return (
    <>
      <div className="details__who">
        <Avatar id="" name={t.assistant} size={96} assistant />
        <h3>{t.assistant}</h3>
        <p>{t.answersFrom}</p>
      </div>
      <form className="group group--form" onSubmit={rename}>
        <Field
          label={t.sessionName}
          value={typed}
          maxLength={LONGEST_NAME}
          dir="auto"
          onChange={(event) => setTyped(event.target.value)}
        />
        {typed.trim() !== "" && typed.trim() !== name && (
          <button className="btn btn--primary" type="submit">
            {t.save}
          </button>
        )}
      </form>
      <div className="group">
        <button
          className="line-item line-item--danger"
          type="button"
          aria-expanded={asking}
          onClick={() => setAsking(!asking)}
        >
          <Icon name="trash" />
          <span className="grow">{t.deleteSession}</span>
        </button>
        {asking && (
          <div className="group--form">
            <p>{t.deleteSessionText}</p>
            <button className="btn btn--danger" type="button" onClick={() => void onDelete()}>
              {t.deleteSession}
            </button>
          </div>
        )}
      </div>
    </>
  );
}
