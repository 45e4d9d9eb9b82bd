/** Users by name, and the way to a conversation with one of them. */

import { ApiError, type User } from "backchannel-client";
import { useEffect, useRef, useState } from "react";
import { client } from "../state/client";
import { inOrder } from "../state/model";
import { getState, setState, useStore } from "../state/store";
import { go } from "../ui/location";

/** Milliseconds without a key before the server is asked. */
const PAUSE = 120;

interface Found {
  readonly people: readonly User[];
  /** The server's latest answer, if there is one. */
  readonly searched: string | null;
  /** The server could not be reached: these are the people that this device knows. */
  readonly failed: boolean;
}

const NOTHING: Found = { people: [], searched: null, failed: false };

/** The people whose name contains `text`, without the user. */
export function usePeople(text: string): Found {
  const [found, setFound] = useState<Found>(NOTHING);
  const online = useStore((state) => state.link === "online");
  const asked = useRef<AbortController | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again with a connection
  useEffect(() => {
    const timer = setTimeout(async () => {
      asked.current?.abort();
      asked.current = new AbortController();
      try {
        const users = await client.api.users(text.trim(), asked.current.signal);
        const myId = getState().me?.id;
        const people = users.filter((user) => user.id !== myId);
        setFound({ people, searched: text, failed: false });
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ApiError)) throw error;
        setFound({ people: knownPeople(text.trim()), searched: text, failed: true });
      }
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text, online]);
  useEffect(() => () => asked.current?.abort(), []);
  return found;
}

/** The people in the list whose name contains `text`. */
function knownPeople(text: string): User[] {
  const wanted = text.toLocaleLowerCase();
  return inOrder(getState().conversations)
    .flatMap(({ kind, peer }) => (kind === "direct" && peer ? [peer] : []))
    .filter(({ display_name, username }) =>
      [display_name, username].some((each) => each.toLocaleLowerCase().includes(wanted)),
    );
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Goes to the conversation with a user, even if there is none yet. */
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
