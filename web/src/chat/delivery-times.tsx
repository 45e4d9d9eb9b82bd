import type { Message, ReceiptTimes } from "backchannel-client";
import { useEffect, useState } from "react";
import { client } from "../state/client";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Dialog } from "../ui/dialog";
import { dayAndClock } from "../ui/format";
import { Icon } from "../ui/icon";
import { type SendState, stateOf, Tick } from "./tick";
import "../styles/delivery-times.css";

interface Props {
  readonly message: Message;
  readonly onClose: () => void;
}

/** The times at which the user's message was sent, delivered and read. */
export default function DeliveryTimes({ message, onClose }: Props) {
  const conversation = useStore((state) => state.conversations[message.conversation_id]);
  const state = conversation ? stateOf(message, conversation) : "sent";
  const [times, failed] = useTimes(message, state);
  return (
    <Dialog label={t.deliveryTimes} narrow onClose={onClose}>
      <div className="dialog__head">
        <h2>{t.deliveryTimes}</h2>
        <button className="icon-btn" type="button" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <dl className="delivery-times">
        {rows(message, state, times).map(([each, at]) => (
          <div key={each}>
            <dt>
              <Tick state={each} />
              <span aria-hidden>{t[each]}</span>
            </dt>
            <dd>{at ? dayAndClock(at) : times ? t.timeUnknown : ""}</dd>
          </div>
        ))}
        {message.edited_at && (
          <div>
            <dt>
              <Icon name="edit" />
              {t.edited}
            </dt>
            <dd>{dayAndClock(message.edited_at)}</dd>
          </div>
        )}
      </dl>
      {failed && (
        <p className="delivery-times__failed" role="alert">
          {t.timesFailed}
        </p>
      )}
    </Dialog>
  );
}

/** The steps of the message's delivery, in order, each with its time if that is known. */
function rows(
  message: Message,
  state: SendState,
  times: ReceiptTimes | null,
): readonly (readonly [SendState, string | null])[] {
  const sent = ["sent", message.created_at] as const;
  const delivered = ["delivered", times?.delivered_at ?? null] as const;
  if (state === "read") return [sent, delivered, ["read", times?.read_at ?? null]];
  return state === "delivered" ? [sent, delivered] : [sent];
}

/** The times, loaded again after each change of the state, and true if that failed. */
function useTimes(
  message: Pick<Message, "conversation_id" | "seq">,
  state: SendState,
): readonly [ReceiptTimes | null, boolean] {
  const { conversation_id, seq } = message;
  const [times, setTimes] = useState<ReceiptTimes | null>(null);
  const [failed, setFailed] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new state has a new time
  useEffect(() => {
    let wanted = true;
    client.api.receiptTimes({ conversation_id, seq }).then(
      (found) => {
        if (!wanted) return;
        setTimes(found);
        setFailed(false);
      },
      () => wanted && setFailed(true),
    );
    return () => {
      wanted = false;
    };
  }, [conversation_id, seq, state]);
  return [times, failed];
}
