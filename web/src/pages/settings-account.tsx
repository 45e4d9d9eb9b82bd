import { ApiError } from "backchannel-client";
import { type FormEvent, useState } from "react";
import { attempt } from "../state/actions";
import { client } from "../state/client";
import { changePassword, deleteAccount } from "../state/login";
import { useStore } from "../state/store";
import { refusalText } from "../strings/refusals";
import { t } from "../strings/settings";
import { PasswordField, strengthOf } from "../ui/password";
import { Section, SetLine } from "./settings";

export function AccountSections() {
  return (
    <>
      <Password />
      <YourData />
    </>
  );
}

function Password() {
  const least = useStore((state) => state.config?.password_minimum ?? 8);
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [result, setResult] = useState<{ ok: boolean; text: string } | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (fresh.length < least) {
      setResult({ ok: false, text: t.passwordShort(least, fresh.length) });
      return;
    }
    try {
      await changePassword(old, fresh);
      setResult({ ok: true, text: t.passwordChanged });
      setOld("");
      setFresh("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setResult({ ok: false, text: await refusalText(error) });
    }
  };
  return (
    <Section id="password" title={t.changePassword}>
      <form className="panel panel--pad form" onSubmit={(event) => void submit(event)}>
        <PasswordField
          label={t.oldPassword}
          value={old}
          autoComplete="current-password"
          onChange={(event) => setOld(event.target.value)}
        />
        <PasswordField
          label={t.newPassword}
          value={fresh}
          autoComplete="new-password"
          meter={strengthOf(fresh)}
          problem={result && !result.ok ? result.text : null}
          onChange={(event) => setFresh(event.target.value)}
        />
        {result?.ok && (
          <div className="field__hint field__hint--ok" role="status">
            {result.text}
          </div>
        )}
        <div>
          <button className="btn btn--primary" type="submit" disabled={!old || !fresh}>
            {t.changePassword}
          </button>
        </div>
      </form>
    </Section>
  );
}

function YourData() {
  const [asking, setAsking] = useState(false);
  return (
    <Section id="export" title={t.yourData}>
      <div className="panel">
        <SetLine title={t.export} hint={t.exportText}>
          <button
            className="btn btn--soft btn--small"
            type="button"
            onClick={() => void attempt(downloadExport)}
          >
            {t.exportAction}
          </button>
        </SetLine>
        <SetLine title={t.deleteAccount} hint={t.deleteAccountText}>
          <button
            className="btn btn--danger btn--small"
            type="button"
            aria-expanded={asking}
            onClick={() => setAsking(!asking)}
          >
            {t.deleteAccount}
          </button>
        </SetLine>
        {asking && <DeleteForm />}
      </div>
    </Section>
  );
}

function DeleteForm() {
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await deleteAccount(password);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(await refusalText(error));
    }
  };
  return (
    <form className="setting form" onSubmit={(event) => void submit(event)}>
      <PasswordField
        label={t.deleteAccountConfirm}
        value={password}
        autoComplete="current-password"
        problem={problem}
        onChange={(event) => setPassword(event.target.value)}
        autoFocus
      />
      <button className="btn btn--danger" type="submit" disabled={!password}>
        {t.deleteAccount}
      </button>
    </form>
  );
}

async function downloadExport(): Promise<void> {
  const address = URL.createObjectURL(await client.api.content("/v1/me/export"));
  const link = document.createElement("a");
  link.href = address;
  link.download = "backchannel-export.zip";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
