/** Keys that a field passes to the results below it, which may still be loading (rule W14). */

import { type KeyboardEvent, useCallback, useEffect, useState } from "react";

const KEYS: readonly string[] = ["ArrowDown", "ArrowUp", "Enter"];

/** The keys pressed since the results last handled them, in order. */
export interface ResultKeys {
  readonly keys: readonly string[];
  readonly taken: () => void;
}

export function useResultKeys(): ResultKeys & {
  readonly onKeyDown: (event: KeyboardEvent) => void;
} {
  const [keys, setKeys] = useState<readonly string[]>([]);
  const taken = useCallback(() => setKeys([]), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!KEYS.includes(event.key) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    setKeys((before) => [...before, event.key]);
  };
  return { keys, taken, onKeyDown };
}

/** The index of the result that the keys have selected; Enter calls `onEnter`. */
export function useSelected(
  { keys, taken }: ResultKeys,
  { id, text, count, wraps, onEnter }: Options,
): readonly [number, (index: number) => void] {
  const [chosen, setChosen] = useState({ text, index: 0 });
  // Another text has other results: its first one is chosen.
  const at = chosen.text === text ? Math.min(chosen.index, Math.max(0, count - 1)) : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each key is handled once
  useEffect(() => {
    if (keys.length === 0) return;
    let index = at;
    for (const key of keys) {
      if (key === "Enter") {
        onEnter(index);
        continue;
      }
      const next = index + (key === "ArrowDown" ? 1 : -1);
      index = wraps ? (next + count) % Math.max(1, count) : Math.min(Math.max(0, next), count - 1);
    }
    setChosen({ text, index: Math.max(0, index) });
    document.getElementById(`${id}-${index}`)?.scrollIntoView({ block: "nearest" });
    taken();
  }, [keys]);
  return [at, (index) => setChosen({ text, index })];
}

interface Options {
  /** The id of the results; the id of each result is this and its number. */
  readonly id: string;
  readonly text: string;
  readonly count: number;
  /** The first follows the last. */
  readonly wraps: boolean;
  readonly onEnter: (index: number) => void;
}
