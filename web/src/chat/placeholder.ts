/** What a picture looks like before it has loaded. */

import { useEffect, useState } from "react";

const blurs = new Map<string, string>();

/** A ThumbHash as the address of a picture; its decoder is loaded with the first one. */
export function usePlaceholder(hash: string | null): string | null {
  const [, redraw] = useState(0);
  const known = hash ? blurs.get(hash) : undefined;
  useEffect(() => {
    if (!hash || known) return;
    let wanted = true;
    void import("thumbhash").then(({ thumbHashToDataURL }) => {
      const bytes = Uint8Array.from(atob(hash), (each) => each.charCodeAt(0));
      blurs.set(hash, thumbHashToDataURL(bytes));
      if (wanted) redraw((before) => before + 1);
    });
    return () => {
      wanted = false;
    };
  }, [hash, known]);
  return known ?? null;
}
