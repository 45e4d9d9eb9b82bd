/** Previews of linked pages, which the server makes: this browser does not fetch the pages. */

import { ApiError, type LinkPreview } from "backchannel-client";
import { client } from "./client";
import { onUserChange } from "./store";

const MOST = 500;

/** Previews by link, the oldest first; null for a page without one. */
let answers = new Map<string, LinkPreview | null>();
let asked = new Map<string, Promise<LinkPreview | null>>();

// New ones, as an answer that is still on its way belongs to the user before.
onUserChange(() => {
  answers = new Map();
  asked = new Map();
});

/** The cached preview of a link, null if it has none; undefined if that is not known. */
export const rememberedPreview = (url: string): LinkPreview | null | undefined => answers.get(url);

/** The preview of a link; null if there is none, or none for now. */
export function fetchPreview(url: string): Promise<LinkPreview | null> {
  const asking = asked;
  const known = asking.get(url) ?? ask(url, answers).finally(() => asking.delete(url));
  asking.set(url, known);
  return known;
}

async function ask(url: string, into: typeof answers): Promise<LinkPreview | null> {
  try {
    return remember(url, await client.api.preview(url), into);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.transient ? null : remember(url, null, into);
  }
}

function remember(url: string, preview: LinkPreview | null, into: typeof answers) {
  into.set(url, preview);
  const [oldest] = into.keys();
  if (into.size > MOST && oldest !== undefined) into.delete(oldest);
  return preview;
}
