/** The state that the pages show. Only the modules beside this one change it. */

import type {
  Account,
  ConnectionState,
  Outgoing,
  Partial,
  Presence,
  ServerConfig,
  User,
} from "backchannel-client";
import { create } from "zustand";
import { type Known, NOTHING } from "./model";
import type { Draft, Removal, StoredUpload } from "./schema";

export type Phase = "starting" | "signed-out" | "ready";

export interface State extends Known {
  readonly phase: Phase;
  /** The login has ended without signing out: the sign-in page says so. */
  readonly ended: boolean;
  readonly config: ServerConfig | null;
  /** A newer version of the page is ready. */
  readonly updateReady: boolean;
  /** True if the device has no room to keep drafts. */
  readonly deviceFull: boolean;
  readonly me: Account | null;
  readonly link: ConnectionState;
  /** The conversation list has been read from this device or the server. */
  readonly listed: boolean;
  readonly outbox: readonly Outgoing[];
  readonly drafts: Readonly<Record<string, Draft>>;
  /** The messages whose deletion is pending, by id. */
  readonly removals: Readonly<Record<string, Removal>>;
  /** The files that drafts wait for, by id. */
  readonly uploads: Readonly<Record<string, Upload>>;
  readonly presence: Readonly<Record<string, Presence>>;
  /** The users who are typing, by conversation, until a time in milliseconds. */
  readonly typing: Readonly<Record<string, number>>;
  readonly partials: Readonly<Record<string, Partial>>;
  /** The block list; null until it has been read. */
  readonly blocks: readonly User[] | null;
  /** People seen in searches and links, by id. */
  readonly users: Readonly<Record<string, User>>;
  readonly toast: Toast | null;
  /** The search in messages that replaces the list. */
  readonly searching: Searching | null;
}

export interface Searching {
  readonly text: string;
  /** The conversation that is searched; null for all. */
  readonly within: string | null;
}

export interface Upload extends StoredUpload {
  /** True if it is in this device's database. */
  readonly kept: boolean;
  /** 0 to 1. */
  readonly progress: number;
  readonly problem: string | null;
}

export interface Toast {
  readonly text: string;
}

export const EMPTY: Omit<State, "phase" | "config" | "ended" | "updateReady" | "deviceFull"> = {
  ...NOTHING,
  me: null,
  link: "connecting",
  listed: false,
  outbox: [],
  drafts: {},
  removals: {},
  uploads: {},
  presence: {},
  typing: {},
  partials: {},
  blocks: null,
  users: {},
  toast: null,
  searching: null,
};

export const useStore = create<State>(() => ({
  ...EMPTY,
  phase: "starting",
  ended: false,
  config: null,
  updateReady: false,
  deviceFull: false,
}));

export const getState = useStore.getState;
export const setState = useStore.setState;

/** True if users may invite others. */
export const offersInvitations = ({ config }: Pick<State, "config">): boolean =>
  config?.user_invitations ?? false;

/** Call `forget` when the user changes or signs out, to drop data of the previous one. */
export function onUserChange(forget: () => void): void {
  useStore.subscribe(({ me }, before) => {
    if (me?.id !== before.me?.id) forget();
  });
}

/** Show the user's account from a response, unless that is out of date. */
export function setMe(me: Account): void {
  const shown = getState().me;
  if (shown?.id !== me.id || me.updated_at < shown.updated_at) return;
  setState({ me });
}
