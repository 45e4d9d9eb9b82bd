import { MemoryOutbox, type Outgoing } from "backchannel-client";
import { expect, it, vi } from "vitest";
import { FallbackOutbox } from "../src/state/device-storage";

const ITEM = { client_id: "a", created_at: 1 } as Outgoing;

it("W16: other tabs are told of a message once the device has it, and once it no longer does", async () => {
  const device = new MemoryOutbox();
  const read: Promise<Outgoing[]>[] = [];
  const changed = vi.fn(() => read.push(device.all()));
  const outbox = new FallbackOutbox(device, () => true, changed);
  await outbox.put(ITEM);
  await outbox.remove("a");
  expect(changed).toHaveBeenCalledTimes(2);
  expect(await Promise.all(read)).toEqual([[ITEM], []]);
});
