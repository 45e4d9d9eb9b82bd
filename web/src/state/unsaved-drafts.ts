/** Drafts that are not in the database yet: local storage keeps them for the next page (W4). */

import type { Draft } from "./schema";

export const unsavedDraftsKey = (userId: string) => `backchannel.drafts.${userId}`;

export class UnsavedDrafts {
  private readonly drafts = new Map<string, Draft>();

  constructor(private readonly name: string) {
    addEventListener("pagehide", this.leave);
  }

  add(draft: Draft): void {
    this.drafts.set(draft.key, draft);
  }

  has(key: string): boolean {
    return this.drafts.has(key);
  }

  all(): Iterable<Draft> {
    return this.drafts.values();
  }

  /** A draft that is not stored yet; undefined if all are. */
  get next(): Draft | undefined {
    return this.drafts.values().next().value;
  }

  /** The database has this draft, or one newer than that of a closed page. */
  kept(draft: Draft): void {
    if (this.drafts.get(draft.key) === draft) this.drafts.delete(draft.key);
    const { [draft.key]: gone, ...rest } = this.left();
    if (gone) this.write(rest);
  }

  /** The drafts that closed pages had no time to store, by key. */
  left(): Readonly<Record<string, Draft>> {
    return JSON.parse(localStorage.getItem(this.name) ?? "{}");
  }

  close(): void {
    this.leave();
    removeEventListener("pagehide", this.leave);
  }

  /** Write to local storage, which is synchronous, while the page closes. */
  private readonly leave = () => {
    if (this.drafts.size > 0) this.write({ ...this.left(), ...Object.fromEntries(this.drafts) });
  };

  private write(drafts: Readonly<Record<string, Draft>>): void {
    if (Object.keys(drafts).length === 0) localStorage.removeItem(this.name);
    else localStorage.setItem(this.name, JSON.stringify(drafts));
  }
}
