import type { User } from "backchannel-client";
import { type FormEvent, useEffect, useState } from "react";
import { attempt } from "../state/actions";
import { client } from "../state/client";
import { setState, useStore } from "../state/store";
import { t } from "../strings";
import { Field } from "../ui/field";
import { AvatarEditor } from "./avatar-editor";
import { Section, SetLine } from "./settings";

/** Characters of the line about the user, as the server counts them. */
const ABOUT_LIMIT = 140;

export function Profile() {
  const me = useStore((state) => state.me);
  const [typed, setTyped] = useState<{ readonly name?: string; readonly about?: string }>({});
  const [saved, setSaved] = useState(false);
  if (!me) return null;
  const name = (typed.name ?? me.display_name).trim();
  const about = (typed.about ?? me.about).trim();
  const type = (fields: typeof typed) => {
    setTyped({ ...typed, ...fields });
    setSaved(false);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const done = await attempt(async () => {
      setState({ me: await client.api.changeProfile({ display_name: name, about }) });
    });
    setSaved(done);
    if (done) setTyped({});
  };
  const changed = name !== "" && (name !== me.display_name || about !== me.about);
  return (
    <Section id="profile" title={t.profile}>
      <form className="panel panel--pad" onSubmit={(event) => void submit(event)}>
        <div className="profile">
          <AvatarEditor />
          <div className="profile__fields">
            <Field
              label={t.name}
              value={typed.name ?? me.display_name}
              onChange={(event) => type({ name: event.target.value })}
              autoComplete="name"
              dir="auto"
              ok={saved}
              hint={saved ? t.saved : ""}
            />
            <Field
              label={t.about}
              value={typed.about ?? me.about}
              onChange={(event) => type({ about: event.target.value })}
              maxLength={ABOUT_LIMIT}
              dir="auto"
              hint={t.aboutHint}
            />
            <Field label={t.username} at value={me.username} readOnly />
            {me.email && <Field label={t.email} value={me.email} readOnly />}
            {changed && (
              <button className="btn btn--primary" type="submit">
                {t.save}
              </button>
            )}
          </div>
        </div>
      </form>
    </Section>
  );
}

export function Blocked() {
  const [people, setPeople] = useState<readonly User[] | null>(null);
  useEffect(() => {
    client.api.blocks().then(
      ({ items }) => setPeople(items),
      () => {},
    );
  }, []);
  const lift = async (user: User) => {
    if (await attempt(() => client.api.setBlocked(user.id, false))) {
      setPeople((all) => all?.filter((each) => each.id !== user.id) ?? null);
    }
  };
  return (
    <Section id="blocked" title={t.blockedPeople}>
      <div className="panel">
        {people?.length === 0 && <SetLine title={t.nobodyBlocked} />}
        {people?.map((user) => (
          <SetLine key={user.id} title={<bdi>{user.display_name}</bdi>} hint={`@${user.username}`}>
            <button
              className="btn btn--quiet btn--small"
              type="button"
              aria-label={t.unblock(user.display_name)}
              onClick={() => void lift(user)}
            >
              {t.undo}
            </button>
          </SetLine>
        ))}
      </div>
    </Section>
  );
}
