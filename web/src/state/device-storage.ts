/** A device without room: the page continues without storage, and tells the user. */

import { MemoryOutbox, type OutboxStore, type Outgoing } from "backchannel-client";
import { setState } from "./store";

/** True if a write has failed because the browser allows no more. */
export function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

/** Tell the user that from now on drafts are kept only until the page is closed. */
export function noteFull(): void {
  setState({ deviceFull: true });
}

/**
 * Keeps outgoing messages on the device, or in this page if there is no room: a message that
 * can be sent only while the page is open is better than one that cannot be sent.
 */
export class FallbackOutbox implements OutboxStore {
  private readonly here = new MemoryOutbox();

  /**
   * `ownsConnection`: only the tab that owns the connection can send messages in its memory.
   * `changed` is called after each write: another tab that reads before it finds what was there.
   */
  constructor(
    private readonly device: OutboxStore,
    private readonly ownsConnection: () => boolean,
    private readonly changed: () => void,
  ) {}

  async all(): Promise<Outgoing[]> {
    const all = [...(await this.device.all()), ...(await this.here.all())];
    return all.sort((one, other) => one.created_at - other.created_at);
  }

  async put(item: Outgoing): Promise<void> {
    try {
      await this.device.put(item);
      this.changed();
    } catch (error) {
      if (!isFull(error)) throw error;
      noteFull();
      if (!this.ownsConnection()) throw error;
      await this.here.put(item);
    }
  }

  async remove(clientId: string): Promise<void> {
    await this.here.remove(clientId);
    await this.device.remove(clientId);
    this.changed();
  }
}
