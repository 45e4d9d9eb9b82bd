import { t } from "../strings";
import { useOpenWith } from "./people";
import { PersonDialog } from "./person-dialog";

/** Find someone, and open the conversation with them. */
export function NewConversation({ onClose }: { readonly onClose: () => void }) {
  const open = useOpenWith(onClose);
  return <PersonDialog title={t.newConversation} onPick={open} onClose={onClose} />;
}
