/**
 * Users chat over bad connections, each device with a journal. Started with a JSON description;
 * prints "ready" when all are connected and "quiet" when they have sent everything.
 */

import { createHash } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const { sdk, journals, devices, seconds, least, pause } = JSON.parse(process.argv[2]);
const { BackchannelClient, Journal } = await import(pathToFileURL(join(sdk, "index.js")).href);

/** The device's storage fails once in this many times. */
const FAILS_EVERY = 150;

class Device {
  constructor({ name, server, username, password, peers }) {
    const file = openSync(join(journals, `${name}.jsonl`), "a");
    Object.assign(this, {
      name,
      username,
      password,
      peers,
      checkpoint: null,
      applied: 0,
      waiting: 0,
    });
    this.journal = new Journal({
      device: name,
      write: (line) => writeSync(file, line),
      now: process.hrtime.bigint,
      sha256: (text) => createHash("sha256").update(text).digest(),
    });
    this.client = new BackchannelClient({ server, journal: this.journal });
    this.client.on("outbox", (items) => {
      this.waiting = items.length;
    });
  }

  async begin() {
    await this.client.login(this.username, this.password);
    this.client.connect(null, {
      apply: (events, checkpoint) => this.apply(events, checkpoint),
      reset: async (checkpoint) => {
        this.checkpoint = checkpoint;
      },
    });
    await this.client.caughtUp();
  }

  async apply(events, checkpoint) {
    await sleep(0);
    this.applied += 1;
    if (this.applied % FAILS_EVERY === 0) throw new Error("the disk is full");
    const [first] = events;
    if (first?.position > 0 && first.previous !== this.checkpoint.position) {
      const { position } = this.checkpoint;
      throw new Error(`${this.name}: ${first.position} follows ${first.previous}, not ${position}`);
    }
    this.checkpoint = checkpoint;
  }

  async talk() {
    const until = Date.now() + seconds * 1_000;
    for (let count = 1; count <= least || Date.now() < until; count++) {
      const to = this.peers[count % this.peers.length];
      await this.client.send({ to, body: `${this.name} says ${count}` });
      await sleep(pause * Math.random() * 2);
    }
  }

  async finish() {
    while (this.waiting > 0) await sleep(20);
    const asked = this.journal.time();
    this.journal.finish(await this.client.caughtUp(), asked);
    const { items } = await this.client.api.conversations();
    for (const { id } of items) await this.fetchAll(id);
    this.client.disconnect();
  }

  async fetchAll(id) {
    const asked = this.journal.time();
    const all = [];
    for (;;) {
      const page = await this.client.api.messages(id, { after: all.at(-1)?.seq ?? 0, limit: 200 });
      if (page.length === 0) break;
      all.push(...page);
    }
    this.journal.history(id, all, asked);
  }
}

const all = devices.map((each) => new Device(each));
for (const each of all) await each.begin();
console.log("ready");
await Promise.all(all.map((each) => each.talk()));
console.log("quiet");
await Promise.all(all.map((each) => each.finish()));
