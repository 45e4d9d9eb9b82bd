import { type RefObject, useEffect, useState } from "react";

/** When this disappears with the focus in it, restore the focus, or focus the first of `others`. */
export function useFocusBack(...others: readonly string[]): void {
  const [before] = useState(() => document.activeElement);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the state at the end matters
  useEffect(
    () => () => {
      if (document.activeElement !== document.body) return;
      const known = before instanceof HTMLElement && before !== document.body;
      if (known && before.isConnected) before.focus();
      else focusFirst(...others);
    },
    [],
  );
}

/** After each failed attempt, focus the first field with a problem, or the button. */
export function useFocusOnProblem(form: RefObject<HTMLFormElement | null>, failures: number): void {
  useEffect(() => {
    if (failures === 0) return;
    const wrong = form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]");
    (wrong ?? form.current?.querySelector<HTMLElement>("[type=submit]"))?.focus();
    wrong?.select();
  }, [form, failures]);
}

/** Focus the first of these selectors that exists. */
export function focusFirst(...selectors: readonly string[]): void {
  for (const selector of selectors) {
    const found = document.querySelector<HTMLElement>(selector);
    if (found) {
      found.focus();
      return;
    }
  }
}
