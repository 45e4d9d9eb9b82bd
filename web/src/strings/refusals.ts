/** Why the server has refused something, in the user's language. Loaded with the first refusal. */

import { useEffect, useState } from "react";
import { length } from "../ui/format";
import type { RefusalStrings } from "./en/refusals";
import { language, t } from "./index";

export interface Refusal {
  readonly code: string;
  /** The server's own words, in English. */
  readonly message: string;
  readonly field?: string | null;
  /** Seconds. */
  readonly retryAfter?: number | null;
}

export async function refusalText(refusal: Refusal): Promise<string> {
  const { code, message, field, retryAfter } = refusal;
  if (code === "unreachable") return t.unreachable;
  if (code === "blocked") return t.blockedNotice;
  if (code === "invitation_needed") return t.invitationEnded;
  const { tooFast, unknown, reasons } = await load();
  if (code === "throttled" && retryAfter) return tooFast(length(retryAfter * 1_000));
  const known = new Map(Object.entries(reasons));
  const input = field?.replace("new_", "");
  return known.get(`${code} ${input}`) ?? known.get(code) ?? unknown(message);
}

async function load(): Promise<RefusalStrings> {
  const chosen = language();
  const { refusals } =
    chosen === "de"
      ? await import("./de/refusals")
      : chosen === "ar"
        ? await import("./ar/refusals")
        : await import("./en/refusals");
  return refusals;
}

/** The text, once it has been loaded. */
export function useRefusalText(refusal: Refusal): string {
  const [text, setText] = useState("");
  useEffect(() => {
    let wanted = true;
    void refusalText(refusal).then((found) => wanted && setText(found));
    return () => {
      wanted = false;
    };
  }, [refusal]);
  return text;
}
