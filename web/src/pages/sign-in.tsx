import { ApiError } from "backchannel-client";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { signIn } from "../state/login";
import { useStore } from "../state/store";
import { t } from "../strings";
import { useRefusalText } from "../strings/refusals";
import { Avatar } from "../ui/avatar";
import { Field } from "../ui/field";
import { useFocusOnProblem } from "../ui/focus";
import { length } from "../ui/format";
import { Link } from "../ui/location";
import { PasswordField } from "../ui/password";
import { AuthFrame, Notice } from "./auth";

export function SignIn() {
  const ended = useStore((state) => state.ended);
  const registration = useStore((state) => state.config?.registration ?? true);
  const [identifier, setIdentifier] = useState("");
  const [step, setStep] = useState<"name" | "password">("name");
  const [trouble, setTrouble] = useState<ApiError | null>(null);
  return (
    <AuthFrame>
      <div className="card__head">
        <h1>{t.signIn}</h1>
        {step === "name" && !ended && <p>{t.signInLead}</p>}
      </div>
      {ended && !trouble && (
        <Notice tone="warn" icon="clock" title={t.loginEnded}>
          {t.loginEndedHint}
        </Notice>
      )}
      {trouble && <Problem error={trouble} onWaited={() => setTrouble(null)} />}
      {step === "name" ? (
        <NameForm
          value={identifier}
          onChange={setIdentifier}
          onDone={() => {
            setTrouble(null);
            setStep("password");
          }}
        />
      ) : (
        <PasswordForm
          identifier={identifier.trim()}
          onChange={() => setStep("name")}
          onTrouble={setTrouble}
          trouble={trouble}
        />
      )}
      {registration && (
        <p className="card__foot">
          {t.newHere}{" "}
          <Link className="link" href="/sign-up">
            {t.createAccount}
          </Link>
        </p>
      )}
    </AuthFrame>
  );
}

interface NameProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onDone: () => void;
}

function NameForm({ value, onChange, onDone }: NameProps) {
  const [failures, setFailures] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  useFocusOnProblem(form, failures);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value.trim()) onDone();
    else setFailures(failures + 1);
  };
  return (
    <form ref={form} onSubmit={submit}>
      <Field
        label={t.identifier}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck={false}
        problem={failures > 0 && !value.trim() ? t.needed : null}
        autoFocus
      />
      <button className="btn btn--primary btn--wide" type="submit">
        {t.continue}
      </button>
    </form>
  );
}

interface PasswordProps {
  readonly identifier: string;
  readonly trouble: ApiError | null;
  readonly onChange: () => void;
  readonly onTrouble: (error: ApiError | null) => void;
}

function PasswordForm({ identifier, trouble, onChange, onTrouble }: PasswordProps) {
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  useFocusOnProblem(form, failures);
  const locked = trouble?.code === "throttled";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!password) return setFailures(failures + 1);
    setBusy(true);
    try {
      await signIn(identifier, password);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      onTrouble(error);
      setFailures(failures + 1);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} onSubmit={(event) => void submit(event)}>
      <div className="account-line">
        <Avatar id={identifier} name={identifier} size={36} />
        <span className="grow">
          <b className="truncate" dir="auto">
            {identifier}
          </b>
        </span>
        <button className="btn btn--bare btn--small" type="button" onClick={onChange}>
          {t.change}
        </button>
      </div>
      <input hidden readOnly value={identifier} autoComplete="username" />
      {!locked && (
        <PasswordField
          label={t.password}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="current-password"
          wrong={trouble?.status === 401}
          problem={failures > 0 && !password ? t.needed : null}
          autoFocus
        />
      )}
      <button className="btn btn--primary btn--wide" type="submit" disabled={busy || locked}>
        {t.signIn}
      </button>
    </form>
  );
}

interface ProblemProps {
  readonly error: ApiError;
  /** Another attempt may succeed. */
  readonly onWaited: () => void;
}

function Problem({ error, onWaited }: ProblemProps) {
  if (error.code === "throttled") {
    return <Locked seconds={error.retryAfter ?? 60} onWaited={onWaited} />;
  }
  if (error.status === 401) {
    return (
      <Notice tone="error" title={t.wrongPassword}>
        {t.wrongPasswordHint}
      </Notice>
    );
  }
  return <Refused error={error} />;
}

function Refused({ error }: { readonly error: ApiError }) {
  return (
    <Notice tone="error" title={t.signInFailed}>
      {useRefusalText(error)}
    </Notice>
  );
}

function Locked({ seconds, onWaited }: { readonly seconds: number; onWaited: () => void }) {
  const [until] = useState(() => Date.now() + seconds * 1_000);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (now >= until) onWaited();
  }, [now, until, onWaited]);
  return (
    <Notice tone="warn" icon="clock" title={t.tooManyTries}>
      <span className="num">{t.tryAgainIn(length(Math.max(0, until - now)))}</span>
    </Notice>
  );
}
