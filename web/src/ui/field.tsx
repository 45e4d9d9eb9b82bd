import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly ok?: boolean;
  readonly problem?: string | null;
  readonly at?: boolean;
}

/** A labelled text field; `problem` replaces its hint. */
export function Field({ label, hint, ok = false, problem, at = false, ...input }: Props) {
  const id = useId();
  return (
    <div className={`field${problem ? " field--error" : ""}`}>
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      <div className={`field__box${at ? " field__box--at" : ""}`}>
        <input
          type="text"
          {...input}
          id={id}
          aria-invalid={problem ? true : undefined}
          aria-describedby={`${id}-hint`}
        />
      </div>
      <div
        className={`field__hint${ok && !problem ? " field__hint--ok" : ""}`}
        id={`${id}-hint`}
        aria-live="polite"
      >
        {problem ?? hint}
      </div>
    </div>
  );
}
