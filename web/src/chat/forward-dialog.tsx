import type { Message, User } from "backchannel-client";
import { useState } from "react";
import { showToast } from "../state/actions";
import { forward } from "../state/forwarding";
import { useStore } from "../state/store";
import { t } from "../strings";
import { useOpenWith } from "./people";
import { PersonDialog } from "./person-dialog";

interface Props {
  readonly message: Message;
  readonly onClose: () => void;
}

/** Choose the user in whose draft the message is copied. */
export default function ForwardDialog({ message, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const open = useOpenWith(onClose);
  const { conversation_id } = message;
  const partner = useStore((state) => state.conversations[conversation_id]?.peer_id);
  const onPick = async (user: User) => {
    setBusy(true);
    const copied = await forward(message, user.id);
    if (copied) return open(user);
    onClose();
    showToast(t.unreachable);
  };
  return (
    <PersonDialog
      title={t.forward}
      busy={busy}
      {...(partner && { except: partner })}
      onPick={(user) => void onPick(user)}
      onClose={onClose}
    />
  );
}
