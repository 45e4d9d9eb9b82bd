import type { LinkPreview } from "backchannel-client";
import { useEffect, useState } from "react";
import { fetchPreview, rememberedPreview } from "../state/link-previews";

interface Props {
  readonly url: string;
}

/**
 * The preview of a linked page. Its space is the same before the server has answered and
 * if there is no preview, so that nothing moves (W5); none is reserved if that is known.
 */
export default function LinkPreviewCard({ url }: Props) {
  const [preview, setPreview] = useState(() => rememberedPreview(url));
  const [hasPlace] = useState(preview !== null);
  useEffect(() => {
    if (preview !== undefined) return;
    let wanted = true;
    void fetchPreview(url).then((found) => wanted && setPreview(found));
    return () => {
      wanted = false;
    };
  }, [url, preview]);
  if (!hasPlace) return null;
  return (
    <a className="preview" href={url} target="_blank" rel="noopener noreferrer ugc">
      <span className="preview__site" dir="ltr">
        {hostOf(preview?.url ?? url)}
      </span>
      {preview === undefined ? <Coming /> : <Text preview={preview} url={url} />}
    </a>
  );
}

function Coming() {
  return (
    <span className="placeholder-lines" aria-hidden>
      <span className="placeholder" style={{ width: "70%" }} />
      <span className="placeholder" style={{ width: "90%" }} />
    </span>
  );
}

function Text({ preview, url }: Props & { readonly preview: LinkPreview | null }) {
  if (!preview) {
    return (
      <span className="preview__text" dir="ltr">
        {url}
      </span>
    );
  }
  return (
    <>
      <b className="preview__title truncate" dir="auto">
        {preview.title}
      </b>
      {preview.description && (
        <span className="preview__text" dir="auto">
          {preview.description}
        </span>
      )}
    </>
  );
}

/** The host of the page, not the site name that the page states. */
function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? url;
}
