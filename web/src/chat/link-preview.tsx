import type { LinkPreview } from "backchannel-client";
import { useEffect, useState } from "react";
import { fetchPreview, rememberedPreview } from "../state/link-previews";

interface Props {
  readonly url: string;
}

/**
 * The preview of a linked page. The place is as large before the server has answered and
 * where it has no answer, so that nothing moves (W5); a link that is known to have none has none.
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

/** The page's own server, whatever the page calls itself. */
function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? url;
}
