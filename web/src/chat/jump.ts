/** Shows any message: one in the address (`?at=42`), a quoted one, a search hit (W12). */

import { useCallback, useEffect, useState } from "react";
import { attempt } from "../state/actions";
import { openAround } from "../state/threads";
import { go, useParameter, usePath } from "../ui/location";
import { type Item, seqOf } from "./items";

interface Options {
  readonly id: string;
  readonly ready: boolean;
  readonly items: readonly Item[];
  /** Scroll to a message among the items. */
  readonly show: (seq: number) => void;
}

/** Shows a message, which is loaded first if necessary. */
export function useJump({ id, ready, items, show }: Options): (seq: number) => void {
  const path = usePath();
  const named = Number(useParameter("at") ?? 0);
  const [wanted, setWanted] = useState(0);
  useEffect(() => {
    if (!named || !ready) return;
    setWanted(named);
    go(path, { replace: true });
  }, [named, ready, path]);
  useEffect(() => {
    if (!wanted) return;
    void attempt(async () => {
      if (!(await openAround(id, wanted))) setWanted(0);
    }).then((done) => done || setWanted(0));
  }, [id, wanted]);
  useEffect(() => {
    const held = items.some((item) => seqOf(item) === wanted);
    if (!wanted || !held) return;
    const timer = setTimeout(() => {
      show(wanted);
      setWanted(0);
    }, 50);
    return () => clearTimeout(timer);
  }, [wanted, items, show]);
  return useCallback((seq) => setWanted(seq), []);
}
