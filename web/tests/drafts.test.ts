import "fake-indexeddb/auto";
import { expect, it, vi } from "vitest";
import { Database } from "../src/state/database";
import { databaseName, emptyDraft } from "../src/state/schema";
import { unsavedDraftsKey } from "../src/state/unsaved-drafts";

const draft = (text: string) => ({ ...emptyDraft("grace"), text });
const left = (userId: string) => localStorage.getItem(unsavedDraftsKey(userId));

/** End the page with unfinished writes, and open it again. */
function reload(database: Database): void {
  dispatchEvent(new Event("pagehide"));
  vi.spyOn(IDBObjectStore.prototype, "put").mockRestore();
  database.close();
}

it("W4: a draft survives a page that ends before it is stored", async () => {
  const before = await Database.open("ada");
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("the page has ended", "AbortError");
  });
  await expect(before.keepDraft(draft("I was about to"))).rejects.toThrow("ended");
  reload(before);
  const after = await Database.open("ada");
  expect(await after.drafts()).toEqual([draft("I was about to")]);
  expect(left("ada")).toBeNull();
  after.close();
});

it("W4: after fast typing, the last text is stored", async () => {
  const database = await Database.open("joan");
  const put = vi.spyOn(IDBObjectStore.prototype, "put");
  await Promise.all(["h", "he", "hel", "hello"].map((text) => database.keepDraft(draft(text))));
  expect(await database.drafts()).toEqual([draft("hello")]);
  expect(put).toHaveBeenCalledTimes(1);
  database.close();
});

it("W4: a draft of another page is replaced by later typing", async () => {
  const [one, other] = [await Database.open("eve"), await Database.open("eve")];
  const keeping = one.keepDraft(draft("hel"));
  dispatchEvent(new Event("pagehide"));
  await keeping;
  localStorage.setItem(unsavedDraftsKey("eve"), JSON.stringify({ grace: draft("hel") }));
  await other.keepDraft(draft("hello world"));
  one.close();
  other.close();
  const next = await Database.open("eve");
  expect(await next.drafts()).toEqual([draft("hello world")]);
  next.close();
});

it("removes drafts that another tab stores while a user signs out", async () => {
  const [one, other] = [await Database.open("dan"), await Database.open("dan")];
  one.close();
  const erasing = Database.erase("dan");
  void other.keepDraft(draft("secret"));
  other.close();
  expect(left("dan")).toContain("secret");
  await erasing;
  expect(left("dan")).toBeNull();
});

it("removes all drafts of a user who signs out", async () => {
  const database = await Database.open("bob");
  void database.keepDraft(draft("secret"));
  database.close();
  expect(left("bob")).toContain("secret");
  await Database.erase("bob");
  expect(left("bob")).toBeNull();
  expect((await indexedDB.databases()).map((each) => each.name)).not.toContain(databaseName("bob"));
});
