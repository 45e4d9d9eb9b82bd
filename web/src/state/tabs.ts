/** Several tabs of one user: one of them owns the socket and tells the others what it hears. */

import type { LogEvent, Partial, Place, Presence, Typing } from "backchannel-client";

export type TabMessage =
  | { readonly say: "applied"; readonly events: readonly LogEvent[]; readonly place: Place }
  | { readonly say: "reset" }
  | { readonly say: "state"; readonly state: "connecting" | "online" | "offline" | "stopped" }
  | { readonly say: "typing"; readonly typing: Typing }
  | { readonly say: "presence"; readonly presence: Presence }
  | { readonly say: "partial"; readonly partial: Partial }
  | { readonly say: "outbox" }
  | { readonly say: "draft"; readonly key: string }
  | { readonly say: "removals" }
  | { readonly say: "uploads" }
  | {
      readonly say: "upload";
      readonly id: string;
      readonly fields: { readonly progress?: number; readonly problem?: string | null };
    }
  | { readonly say: "write"; readonly conversationId: string; readonly active: boolean }
  | { readonly say: "stop"; readonly conversationId: string }
  | { readonly say: "hello" }
  | { readonly say: "signed-out" };

export class Tabs {
  private readonly channel: BroadcastChannel;
  private release: (() => void) | null = null;
  private closed = false;
  leads = false;

  constructor(
    private readonly userId: string,
    hear: (message: TabMessage) => void,
  ) {
    this.channel = new BroadcastChannel(`backchannel-${userId}`);
    this.channel.onmessage = (event: MessageEvent<TabMessage>) => hear(event.data);
  }

  /** Resolves the work of the one tab that leads; another takes over when it closes. */
  lead(work: () => void): void {
    const begin = () => {
      if (this.closed) return;
      this.leads = true;
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

  tell(message: TabMessage): void {
    if (!this.closed) this.channel.postMessage(message);
  }

  close(): void {
    this.closed = true;
    this.leads = false;
    this.release?.();
    this.channel.close();
  }
}
