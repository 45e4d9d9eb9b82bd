import { offersInvitations, useStore } from "../state/store";
import { t } from "../strings";
import { InvitationCard } from "./invitation";
import { useOpenWith } from "./people";
import { PersonDialog } from "./person-dialog";

/** Find a user, and open the conversation with them. */
export function NewConversation({ onClose }: { readonly onClose: () => void }) {
  const open = useOpenWith(onClose);
  const invites = useStore(offersInvitations);
  return (
    <PersonDialog title={t.newConversation} onPick={open} onClose={onClose}>
      {invites && <InvitationCard />}
    </PersonDialog>
  );
}
