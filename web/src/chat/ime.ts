/** Enter that ends a composition must not send (rule W15): Safari reports it after the end. */

import { type CompositionEvent, type KeyboardEvent, useMemo, useRef } from "react";

/** Milliseconds after the end of a composition in which Enter still belongs to it. */
const AFTER = 30;
const PROCESSING = 229;

export function useImeGuard() {
  const ended = useRef(Number.NEGATIVE_INFINITY);
  return useMemo(
    () => ({
      handlers: {
        onCompositionEnd: ({ timeStamp }: CompositionEvent) => {
          ended.current = timeStamp;
        },
      },
      /** True if this key belongs to the input method. */
      holds: (event: KeyboardEvent) =>
        event.nativeEvent.isComposing ||
        event.keyCode === PROCESSING ||
        event.timeStamp - ended.current < AFTER,
    }),
    [],
  );
}
