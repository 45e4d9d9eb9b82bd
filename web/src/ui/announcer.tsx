/** A live region, whose text screen readers read aloud. */

import { create } from "zustand";

const useText = create(() => ({ text: "", count: 0 }));

export function announce(text: string): void {
  useText.setState(({ count }) => ({ text, count: count + 1 }));
}

export function Announcer() {
  const { text, count } = useText();
  return (
    <div className="sr" role="log" aria-live="polite">
      <p key={count}>{text}</p>
    </div>
  );
}
