import { type FormEvent, useState } from "react";
import { attempt } from "../state/actions";
import { setBlocked, useBlocks } from "../state/blocking";
import { client } from "../state/client";
import { NAME_LIMIT } from "../state/login";
import { setMe, useStore } from "../state/store";
import { t } from "../strings/settings";
import { Field } from "../ui/field";
import { Handle } from "../ui/handle";
import { AvatarEditor } from "./avatar-editor";
import { Section, SetLine } from "./settings";

/** The most characters of the `about` line, as the server counts them. */
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
      setMe(await client.api.changeProfile({ display_name: name, about }));
    });
    setSaved(done);
    if (done) setTyped((now) => (now === typed ? {} : now)); // otherwise typed meanwhile
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
              maxLength={NAME_LIMIT}
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
  const people = useBlocks();
  const online = useStore((state) => state.link === "online");
  return (
    <Section id="blocked" title={t.blockedPeople}>
      <div className="panel">
        {people === null && !online && <SetLine title={t.unreachable} />}
        {people?.length === 0 && <SetLine title={t.nobodyBlocked} />}
        {people?.map((user) => (
          <SetLine
            key={user.id}
            title={<bdi>{user.display_name}</bdi>}
            hint={<Handle username={user.username} />}
          >
            <button
              className="btn btn--quiet btn--small"
              type="button"
              aria-label={t.unblock(user.display_name)}
              onClick={() => void setBlocked(user.id, false)}
            >
              {t.undo}
            </button>
          </SetLine>
        ))}
      </div>
    </Section>
  );
}
