/** Previews of linked pages, which the server makes: this browser does not reach the pages. */

import { ApiError, type LinkPreview } from "backchannel-client";
import { client } from "./client";

const MOST = 500;

/** Null for a page that has no preview; the oldest first. */
const answers = new Map<string, LinkPreview | null>();
const asked = new Map<string, Promise<LinkPreview | null>>();

/** The remembered preview of a link, null if it has none; undefined if it is not known. */
export const rememberedPreview = (url: string): LinkPreview | null | undefined => answers.get(url);

/** The preview of a link; null if there is none, or none for now. */
export function fetchPreview(url: string): Promise<LinkPreview | null> {
  const known = asked.get(url) ?? ask(url).finally(() => asked.delete(url));
  asked.set(url, known);
  return known;
}

async function ask(url: string): Promise<LinkPreview | null> {
  try {
    return remember(url, await client.api.preview(url));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.transient ? null : remember(url, null);
  }
}

function remember(url: string, preview: LinkPreview | null): LinkPreview | null {
  answers.set(url, preview);
  const [oldest] = answers.keys();
  if (answers.size > MOST && oldest !== undefined) answers.delete(oldest);
  return preview;
}
