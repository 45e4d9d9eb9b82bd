import type { Message } from "backchannel-client";
import { useState } from "react";
import { showToast } from "../state/actions";
import { t } from "../strings";
import { deferred } from "../ui/deferred";

const MessageMenu = deferred(() => import("./message-menu").then((module) => module.MessageMenu));
const DeliveryTimes = deferred(() => import("./delivery-times").then((module) => module.default));
const ForwardDialog = deferred(() => import("./forward-dialog").then((module) => module.default));
const ReportDialog = deferred(() => import("./report-dialog").then((module) => module.default));

export interface MenuFor {
  readonly message: Message;
  readonly mine: boolean;
  readonly x: number;
  readonly y: number;
  /** Show all emoji, to react with one of them. */
  readonly picking?: boolean;
}

interface Options {
  readonly name: string;
  /** The other member is a user, whose messages can be reported. */
  readonly reportable: boolean;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (message: Message) => void;
}

/** The menu of a message, and the dialogs that are opened in it. */
export function useMessageMenu({ name, reportable, onReply, onEdit }: Options) {
  const [at, open] = useState<MenuFor | null>(null);
  const [reported, setReported] = useState<Message | null>(null);
  const [timed, setTimed] = useState<Message | null>(null);
  const [forwarded, setForwarded] = useState<Message | null>(null);
  const menu = at && (
    <MessageMenu
      at={at}
      onReply={onReply}
      onEdit={onEdit}
      onForward={setForwarded}
      onReport={reportable && !at.mine ? setReported : null}
      onTimes={reportable && at.mine ? setTimed : null}
      onClose={() => open(null)}
    />
  );
  const report = reported && (
    <ReportDialog
      peerId={reported.sender_id}
      name={name}
      messages={[reported.seq]}
      onClose={() => setReported(null)}
    />
  );
  const times = timed && <DeliveryTimes message={timed} onClose={() => setTimed(null)} />;
  const forward = forwarded && (
    <ForwardDialog message={forwarded} onClose={() => setForwarded(null)} />
  );
  return { open, shown: menu || report || times || forward };
}

export async function copy(message: Message): Promise<void> {
  await navigator.clipboard.writeText(message.body);
  showToast(t.copied);
}
