import { useEffect } from "react";
import { client } from "../state/client";
import { setState, useStore } from "../state/store";

/** The time at which the user's message at `seq` was read; the log has only later receipts. */
export function useReadTime(id: string, seq: number): number | undefined {
  const readAt = useStore((state) => state.readAt[id]);
  const online = useStore((state) => state.link === "online");
  const asks = readAt === undefined && seq > 0 && online;
  useEffect(() => {
    if (!asks) return;
    client.api.receiptTimes({ conversation_id: id, seq }).then(
      ({ read_at }) => {
        if (!read_at) return;
        // The time from the log is newer.
        setState((state) => ({ readAt: { [id]: Date.parse(read_at), ...state.readAt } }));
      },
      () => {}, // it is shown without its time
    );
  }, [id, seq, asks]);
  return readAt;
}
