import { saveDraft } from "../state/actions";
import type { Draft } from "../state/schema";
import { getState } from "../state/store";
import { attach } from "../state/uploads";
import { t } from "../strings";

/** Offers to send a long text as a file. */
export default function LongText({ draft: { key, text } }: { readonly draft: Draft }) {
  const makeFile = async () => {
    const file = new File([text], `${t.longTextFile}.txt`, { type: "text/plain" });
    if (!(await attach(key, [file]))) return; // the text is kept
    const now = getState().drafts[key];
    if (now?.text === text) await saveDraft({ ...now, text: "" });
  };
  return (
    <div className="strip">
      <span className="strip__body">{t.longText}</span>
      <button className="btn btn--soft btn--small" type="button" onClick={() => void makeFile()}>
        {t.sendAsFile}
      </button>
    </div>
  );
}
