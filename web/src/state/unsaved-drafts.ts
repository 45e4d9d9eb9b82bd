/** Drafts that the database does not hold yet: they outlive the page in its local storage (W4). */

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

  /** One that is to be kept; undefined if all are. */
  get next(): Draft | undefined {
    return this.drafts.values().next().value;
  }

  /** The database holds this draft, or one that is newer than what a page has left of it. */
  kept(draft: Draft): void {
    if (this.drafts.get(draft.key) === draft) this.drafts.delete(draft.key);
    const { [draft.key]: gone, ...rest } = this.left();
    if (gone) this.write(rest);
  }

  /** The drafts that pages had no time to keep, by key. */
  left(): Readonly<Record<string, Draft>> {
    return JSON.parse(localStorage.getItem(this.name) ?? "{}");
  }

  close(): void {
    this.leave();
    removeEventListener("pagehide", this.leave);
  }

  /** Local storage is written at once, while the page ends. */
  private readonly leave = () => {
    if (this.drafts.size > 0) this.write({ ...this.left(), ...Object.fromEntries(this.drafts) });
  };

  private write(drafts: Readonly<Record<string, Draft>>): void {
    if (Object.keys(drafts).length === 0) localStorage.removeItem(this.name);
    else localStorage.setItem(this.name, JSON.stringify(drafts));
  }
}
