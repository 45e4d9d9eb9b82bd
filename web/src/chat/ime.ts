/** Enter that ends a composition must not send (rule W15): Safari reports it after the end. */

import { type KeyboardEvent, useMemo, useRef } from "react";

/** Milliseconds after a composition's end in which Enter still belongs to it. */
const AFTER = 30;
const PROCESSING = 229;

export function useImeGuard() {
  const ended = useRef(0);
  return useMemo(
    () => ({
      handlers: {
        onCompositionEnd: () => {
          ended.current = performance.now();
        },
      },
      /** Whether this key belongs to the input method. */
      holds: (event: KeyboardEvent) =>
        event.nativeEvent.isComposing ||
        event.keyCode === PROCESSING ||
        performance.now() - ended.current < AFTER,
    }),
    [],
  );
}
