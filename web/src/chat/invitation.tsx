import { useState } from "react";
import { attempt, showToast } from "../state/actions";
import { client } from "../state/client";
import { t } from "../strings";
import { Icon } from "../ui/icon";

/** A link for a person without an account: empty until it is first copied. */
function useInvitation(): readonly [string, () => void] {
  const [link, setLink] = useState("");
  const copy = () =>
    attempt(async () => {
      const url = link || new URL((await client.api.invite()).path, location.origin).href;
      setLink(url);
      await navigator.clipboard.writeText(url);
      showToast(t.copied);
    });
  return [link, () => void copy()];
}

export function InvitationButton() {
  const [, copy] = useInvitation();
  return (
    <button className="btn btn--bare" type="button" onClick={copy}>
      {t.copyInvitation}
    </button>
  );
}

/** The settings list the links as well. */
export function InvitationCard() {
  const [link, copy] = useInvitation();
  return (
    <div className="invite">
      <span className="invite__icon">
        <Icon name="link" />
      </span>
      <span className="grow">
        <b>{t.notHereYet}</b>
        <small dir="auto">{link || t.notHereYetText}</small>
      </span>
      <button className="btn btn--soft btn--small" type="button" onClick={copy}>
        {t.copyLink}
      </button>
    </div>
  );
}
