import { useState } from "react";
import { attempt, showToast } from "../state/actions";
import { client } from "../state/client";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Icon } from "../ui/icon";
import { useOpenWith } from "./people";
import { PersonDialog } from "./person-dialog";

/** Find a user, and open the conversation with them. */
export function NewConversation({ onClose }: { readonly onClose: () => void }) {
  const open = useOpenWith(onClose);
  const invites = useStore((state) => state.config?.user_invitations ?? false);
  return (
    <PersonDialog title={t.newConversation} onPick={open} onClose={onClose}>
      {invites && <Invite />}
    </PersonDialog>
  );
}

/** A link for a person without an account. The settings list the links as well. */
function Invite() {
  const [link, setLink] = useState("");
  const copy = () =>
    attempt(async () => {
      const url = link || new URL((await client.api.invite()).path, location.origin).href;
      setLink(url);
      await navigator.clipboard.writeText(url);
      showToast(t.copied);
    });
  return (
    <div className="invite">
      <span className="invite__icon">
        <Icon name="link" />
      </span>
      <span className="grow">
        <b>{t.notHereYet}</b>
        <small dir="auto">{link || t.notHereYetText}</small>
      </span>
      <button className="btn btn--soft btn--small" type="button" onClick={() => void copy()}>
        {t.copyLink}
      </button>
    </div>
  );
}
