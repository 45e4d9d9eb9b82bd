import { useEffect, useState } from "react";
import { useStore } from "../state/store";

/** True while the other user is typing; a notice is valid for six seconds. */
export function useTyping(id: string): boolean {
  const until = useStore((state) => state.typing[id] ?? 0);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const wait = until - Date.now();
    setNow(Date.now());
    if (wait <= 0) return;
    const timer = setTimeout(() => setNow(Date.now()), wait + 10);
    return () => clearTimeout(timer);
  }, [until]);
  return until > now;
}
