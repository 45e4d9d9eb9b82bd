import type { Conversation, Message } from "backchannel-client";
import { useEffect, useState } from "react";
import { attempt, findConversation } from "../state/actions";
import { client } from "../state/client";
import { answerRequest } from "../state/message-requests";
import { useStore } from "../state/store";
import { openNewest } from "../state/threads";
import { t } from "../strings";
import { ToastArea } from "../ui/toast";
import ReportDialog from "./report-dialog";
import "../styles/request-bar.css";
import { go } from "../ui/location";

interface Props {
  readonly conversation: Conversation;
  readonly name: string;
}

/** All messages of a request are the sender's. */
const isTheirs = (message: Message) => message.deleted_at === null;

/** Replaces the message field until a message request is answered. */
export default function RequestBar({ conversation, name }: Props) {
  const { id, peer_id, request } = conversation;
  useEffect(() => {
    // The log has no further messages of a request.
    void attempt(async () => {
      await findConversation(id);
      await openNewest(id);
    });
  }, [id]);
  const leave = (done: boolean) => done && go("/");
  const decline = async () => leave(await answerRequest(id, "declined"));
  const block = async () => leave(await attempt(() => client.api.setBlocked(peer_id, true)));
  const [reporting, setReporting] = useState(false);
  const messages = useStore((state) => state.threads[id]?.messages);
  return (
    <section className="request" id="message-field" aria-label={t.messageRequest} tabIndex={-1}>
      <ToastArea />
      <p>
        <b>{request === "declined" ? t.requestDeclined : t.requestFrom(name)}</b>
        <small>{t.requestText}</small>
      </p>
      <div className="request__answers">
        <button className="btn btn--quiet" type="button" onClick={() => setReporting(true)}>
          {t.report}
        </button>
        <button className="btn btn--quiet is-danger" type="button" onClick={() => void block()}>
          {t.blockPerson}
        </button>
        {request === "pending" && (
          <button className="btn btn--soft" type="button" onClick={() => void decline()}>
            {t.decline}
          </button>
        )}
        <button
          className="btn btn--primary"
          type="button"
          onClick={() => void answerRequest(id, "accepted")}
        >
          {t.accept}
        </button>
      </div>
      {reporting && (
        <ReportDialog
          peerId={peer_id}
          name={name}
          messages={(messages ?? []).filter(isTheirs).map((each) => each.seq)}
          onClose={() => setReporting(false)}
        />
      )}
    </section>
  );
}
