import type { Conversation, Message } from "backchannel-client";
import { useEffect, useState } from "react";
import { t } from "../strings";
import { Icon } from "../ui/icon";

export type SendState = "sending" | "sent" | "delivered" | "read";

/** Milliseconds until an unsent message shows a clock: most are sent sooner (rule W1). */
const DELAY = 300;

/** Each has its own shape, as some users cannot distinguish the colours. */
const ICONS = { sending: "clock", sent: "check", delivered: "checks", read: "read" } as const;

/** The state of a sent message: waiting, stored, delivered or read. */
export function stateOf(
  message: Pick<Message, "seq">,
  conversation: Pick<Conversation, "theirs" | "kind">,
): SendState {
  if (conversation.kind === "session") return "sent";
  if (message.seq <= conversation.theirs.read_seq) return "read";
  return message.seq <= conversation.theirs.delivered_seq ? "delivered" : "sent";
}

export function Tick({ state }: { readonly state: SendState }) {
  return <Icon name={ICONS[state]} className={`tick tick--${state}`} label={t[state]} />;
}

/** The clock of a message that has been waiting for a while. */
export function SlowTick({ since }: { readonly since: number }) {
  const [slow, setSlow] = useState(Date.now() - since > DELAY);
  useEffect(() => {
    if (slow) return;
    const timer = setTimeout(() => setSlow(true), DELAY);
    return () => clearTimeout(timer);
  }, [slow]);
  return slow && <Tick state="sending" />;
}
