import type { Conversation, Message } from "backchannel-client";
import { t } from "../strings";
import { Icon } from "../ui/icon";

export type SendState = "sending" | "sent" | "delivered" | "read";

/** How far a message of one's own has got. */
export function stateOf(
  message: Pick<Message, "seq">,
  conversation: Pick<Conversation, "theirs" | "kind">,
): SendState {
  if (conversation.kind === "session") return "sent";
  if (message.seq <= conversation.theirs.read_seq) return "read";
  return message.seq <= conversation.theirs.delivered_seq ? "delivered" : "sent";
}

export function Tick({ state }: { readonly state: SendState }) {
  const icon = state === "sending" ? "clock" : state === "sent" ? "check" : "checks";
  return <Icon name={icon} className={`tick tick--${state}`} label={t[state]} />;
}
