import { type InputHTMLAttributes, useId, useState } from "react";
import { t } from "../strings";
import { Icon } from "./icon";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | null;
  /** True if it is wrong; the reason is shown elsewhere. */
  readonly wrong?: boolean;
  /** Shown after the field, such as a strength meter. */
  readonly meter?: number;
}

/** A password field with a button that shows the password. */
export function PasswordField({ label, hint, problem, wrong = false, meter, ...input }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div className={`field${problem ? " field--error" : ""}`}>
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      <div className="field__box">
        <input
          {...input}
          id={id}
          type={shown ? "text" : "password"}
          aria-invalid={problem || wrong ? true : undefined}
          aria-describedby={`${id}-hint`}
        />
        <button
          className="icon-btn"
          type="button"
          aria-label={shown ? t.hidePassword : t.showPassword}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          <Icon name="eye" />
        </button>
      </div>
      {meter !== undefined && <Strength score={meter} />}
      {(problem || hint) && (
        <div className="field__hint" id={`${id}-hint`}>
          {problem ?? hint}
        </div>
      )}
    </div>
  );
}

function Strength({ score }: { readonly score: number }) {
  return (
    <div
      className={`strength${score < 2 ? " strength--weak" : ""}`}
      role="img"
      aria-label={t.passwordStrength(score)}
    >
      {[1, 2, 3, 4].map((step) => (
        <i key={step} className={step <= score ? "on" : ""} />
      ))}
    </div>
  );
}

/** 0 to 4, mostly by length, which determines the cost of guessing. */
export function strengthOf(password: string): number {
  const varied = new Set(password).size;
  if (password.length < 8 || varied < 4) return password.length > 0 ? 1 : 0;
  if (password.length < 11 || varied < 6) return 2;
  return password.length < 15 ? 3 : 4;
}
