/** Users by name, and the way to a conversation with one of them. */

import { ApiError, type User } from "backchannel-client";
import { useEffect, useRef, useState } from "react";
import { client } from "../state/client";
import { getState, setState } from "../state/store";
import { go } from "../ui/location";

/** Milliseconds of quiet before the server is asked. */
const PAUSE = 120;

interface Found {
  readonly people: readonly User[];
  /** The server's latest answer, if there is one. */
  readonly searched: string | null;
}

/** The people whose name contains `text`, without the user. */
export function usePeople(text: string): Found {
  const [found, setFound] = useState<Found>({ people: [], searched: null });
  const asked = useRef<AbortController | null>(null);
  useEffect(() => {
    const timer = setTimeout(async () => {
      asked.current?.abort();
      asked.current = new AbortController();
      try {
        const users = await client.api.users(text.trim(), asked.current.signal);
        const myId = getState().me?.id;
        setFound({ people: users.filter((user) => user.id !== myId), searched: text });
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ApiError)) throw error;
        setFound({ people: [], searched: text });
      }
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => () => asked.current?.abort(), []);
  return found;
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Goes to the conversation with a user, whether there is one yet or not. */
export function useOpenWith(done: () => void): (user: User) => void {
  return (user) => {
    setState((state) => ({ users: { ...state.users, [user.id]: user } }));
    const known = Object.values(getState().conversations).find(
      (each) => each.kind === "direct" && each.peer_id === user.id,
    );
    go(known ? `/c/${known.id}` : `/to/${user.id}`);
    done();
  };
}
