/** Several tabs of one user: one owns the socket, and passes what it receives on to the others. */

import type { Checkpoint, LogEvent, Partial, Presence, Typing } from "backchannel-client";

export type TabMessage =
  | {
      readonly type: "applied";
      readonly events: readonly LogEvent[];
      readonly checkpoint: Checkpoint;
    }
  | { readonly type: "reset" }
  | { readonly type: "state"; readonly state: "connecting" | "online" | "offline" | "stopped" }
  | { readonly type: "typing"; readonly typing: Typing }
  | { readonly type: "presence"; readonly presence: Presence }
  | { readonly type: "partial"; readonly partial: Partial }
  | { readonly type: "outbox" }
  | { readonly type: "drafts" }
  | { readonly type: "removals" }
  | { readonly type: "uploads" }
  | {
      readonly type: "upload";
      readonly id: string;
      readonly fields: { readonly progress?: number; readonly problem?: string | null };
    }
  | { readonly type: "send-typing"; readonly conversationId: string; readonly active: boolean }
  | { readonly type: "stop-answer"; readonly conversationId: string }
  | { readonly type: "hello" }
  | { readonly type: "signed-out" };

export class Tabs {
  private readonly channel: BroadcastChannel;
  private release: (() => void) | null = null;
  private closed = false;
  ownsConnection = false;

  constructor(
    private readonly userId: string,
    receive: (message: TabMessage) => void,
  ) {
    this.channel = new BroadcastChannel(`backchannel-${userId}`);
    this.channel.onmessage = (event: MessageEvent<TabMessage>) => receive(event.data);
  }

  /** Run `work` in the one tab that owns the connection; another takes over when it closes. */
  lead(work: () => void): void {
    const begin = () => {
      if (this.closed) return;
      this.ownsConnection = true;
      work();
    };
    if (!navigator.locks) {
      begin();
      return;
    }
    void navigator.locks.request(`backchannel-socket-${this.userId}`, () => {
      begin();
      return new Promise<void>((resolve) => {
        this.release = resolve;
        if (this.closed) resolve();
      });
    });
  }

  post(message: TabMessage): void {
    if (!this.closed) this.channel.postMessage(message);
  }

  close(): void {
    this.closed = true;
    this.ownsConnection = false;
    this.release?.();
    this.channel.close();
  }
}
