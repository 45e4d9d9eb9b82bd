/** Opens a conversation at the message that the address names: `?at=42` (rule W12). */

import { useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { attempt, reach } from "../state/actions";
import type { Item } from "./items";

interface Given {
  readonly id: string;
  readonly ready: boolean;
  readonly items: readonly Item[];
  readonly jump: (seq: number) => void;
}

export function useArrival({ id, ready, items, jump }: Given): void {
  const [path, go] = useLocation();
  const wanted = Number(new URLSearchParams(useSearch()).get("at") ?? 0);
  const [reached, setReached] = useState(0);
  useEffect(() => {
    if (!wanted || !ready || !id) return;
    void attempt(async () => {
      if (await reach(id, wanted)) setReached(wanted);
    });
  }, [id, ready, wanted]);
  useEffect(() => {
    if (
      !reached ||
      !items.some((item) => item.kind === "message" && item.message.seq === reached)
    ) {
      return;
    }
    const timer = setTimeout(() => {
      jump(reached);
      setReached(0);
      go(path, { replace: true });
    }, 50);
    return () => clearTimeout(timer);
  }, [reached, items, jump, go, path]);
}
