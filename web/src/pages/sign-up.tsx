import { ApiError, type ShownInvitation } from "backchannel-client";
import { type ChangeEvent, type FormEvent, useEffect, useRef, useState } from "react";
import { client } from "../state/client";
import { NAME_LIMIT, register } from "../state/login";
import { useStore } from "../state/store";
import { t } from "../strings";
import { refusalText } from "../strings/refusals";
import { Field } from "../ui/field";
import { useFocusOnProblem } from "../ui/focus";
import { Link, useParameter } from "../ui/location";
import { PasswordField, strengthOf } from "../ui/password";
import { AuthFrame, Notice } from "./auth";

export function SignUp() {
  const config = useStore((state) => state.config);
  const first = config?.first_run ?? false;
  const code = useParameter("invitation");
  const invitation = useInvitation(code);
  if (config && !config.registration) {
    return <Refused title={t.registrationClosed} text={t.registrationClosedHint} />;
  }
  if (config?.invitation_needed && (code === null || invitation === "ended")) {
    const text = code === null ? t.invitationNeededHint : t.invitationEnded;
    return <Refused title={t.invitationNeeded} text={text} />;
  }
  const inviter = typeof invitation === "object" ? invitation?.inviter : null;
  const lead = inviter
    ? t.invitedBy(inviter.display_name || inviter.username, location.hostname)
    : t.registerLead(location.hostname);
  return (
    <AuthFrame>
      <div className="card__head">
        <h1>{first ? t.firstRunTitle : t.createAccount}</h1>
        <p>{first ? t.firstRunLead : lead}</p>
      </div>
      <RegistrationForm least={config?.password_minimum ?? 8} invitation={code} />
      {first ? (
        <p className="card__foot">{t.firstRunHint}</p>
      ) : (
        <p className="card__foot">
          {t.haveAccount}{" "}
          <Link className="link" href="/sign-in">
            {t.signIn}
          </Link>
        </p>
      )}
    </AuthFrame>
  );
}

/** The invitation with this code: null until the server has answered, or without a code. */
function useInvitation(code: string | null): ShownInvitation | "ended" | null {
  const [found, setFound] = useState<ShownInvitation | "ended" | null>(null);
  useEffect(() => {
    if (code === null) return;
    client.api.invitation(code).then(setFound, (error: unknown) => {
      if (error instanceof ApiError && error.status === 404) setFound("ended");
    });
  }, [code]);
  return found;
}

function Refused({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <AuthFrame>
      <div className="card__head">
        <h1>{title}</h1>
        <p>{text}</p>
      </div>
      <Link className="btn btn--primary btn--wide" href="/sign-in">
        {t.signIn}
      </Link>
    </AuthFrame>
  );
}

/** Milliseconds without a key before a username is checked. */
const PAUSE = 700;
/** Characters that no username may have, because they have a meaning in addresses. */
const UNACCEPTABLE = /[@/\\?#%]|^\.+$/;

/** Reserves space for a problem, so that the fields below do not move. */
const ONE_LINE = "\u00a0";

/** The problem with the characters of a username; while it is typed, after a pause. */
function useCharacters(username: string, now: boolean): string | null {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(username), PAUSE);
    return () => clearTimeout(timer);
  }, [username]);
  const wrong = UNACCEPTABLE.test(username.trim());
  return wrong && (now || UNACCEPTABLE.test(settled.trim())) ? t.usernameCharacters : null;
}

interface FormProps {
  readonly least: number;
  readonly invitation: string | null;
}

function RegistrationForm({ least, invitation }: FormProps) {
  const [name, setName] = useState("");
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [trouble, setTrouble] = useState<{ readonly field: string | null; text: string } | null>(
    null,
  );
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  useFocusOnProblem(form, failures);
  const short = password.length < least;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (short || !username.trim() || UNACCEPTABLE.test(username.trim()))
      return setFailures(failures + 1);
    setBusy(true);
    try {
      await register(username.trim(), password, name, invitation);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setTrouble({ field: error.field, text: await refusalText(error) });
      setFailures(failures + 1);
    } finally {
      setBusy(false);
    }
  };
  const at = (field: string) => (trouble?.field === field ? trouble.text : null);
  const change = (set: (value: string) => void) => (event: ChangeEvent<HTMLInputElement>) => {
    set(event.target.value);
    setTrouble(null);
  };
  const missing = failures > 0 && !username.trim() ? t.needed : null;
  const characters = useCharacters(username, failures > 0);
  const shortText = failures > 0 && short ? t.passwordShort(least, password.length) : null;
  return (
    <form ref={form} noValidate onSubmit={(event) => void submit(event)}>
      {trouble && (
        <Notice tone="error" title={t.checkThese}>
          {trouble.text}
        </Notice>
      )}
      <Field
        label={t.yourName}
        value={name}
        onChange={change(setName)}
        autoComplete="name"
        maxLength={NAME_LIMIT}
        problem={at("display_name")}
        dir="auto"
        autoFocus
      />
      <Field
        label={t.username}
        at
        value={username}
        onChange={change(setUsername)}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        hint={ONE_LINE}
        problem={at("username") ?? missing ?? characters}
      />
      <PasswordField
        label={t.password}
        value={password}
        onChange={change(setPassword)}
        autoComplete="new-password"
        meter={strengthOf(password)}
        hint={strengthOf(password) === 4 ? t.passwordGood : t.passwordHint}
        problem={at("password") ?? shortText}
      />
      <button className="btn btn--primary btn--wide" type="submit" disabled={busy}>
        {t.createAccountAction}
      </button>
    </form>
  );
}
