// Pairs of Socket.IO clients whose connections are cut now and then, with the client's defaults:
// node socketio_client.cjs PORT PAIRS GAP_MS MESSAGES SETTLE_MS PATIENCE Prints the messages
// acknowledged to each sender and those that each receiver got.
const { setTimeout: sleep } = require("node:timers/promises");
const { io } = require("socket.io-client");

const [port, pairs, gap, messages, settle, patience] = process.argv.slice(2).map(Number);

function connect(name) {
  const socket = io(`http://127.0.0.1:${port}`, {
    auth: { name },
    transports: ["websocket"],
    multiplex: false,
  });
  return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
}

async function settled({ acknowledged, received }) {
  for (let round = 0, before = -1; round < patience; round++) {
    if (acknowledged.length + received.length === before) return;
    before = acknowledged.length + received.length;
    await sleep(settle);
  }
}

async function exchange(index) {
  const journal = { acknowledged: [], received: [] };
  const name = `u${2 * index + 1}`;
  const sender = await connect(`u${2 * index}`);
  const receiver = await connect(name);
  receiver.on("message", ({ text }) => journal.received.push(Number(text.slice(1))));
  const began = performance.now();
  for (let number = 0; number < messages; number++) {
    await sleep(Math.max(0, began + number * gap - performance.now()));
    sender.emit("message", { to: name, text: `#${number}` }, ({ error }) => {
      if (!error) journal.acknowledged.push(number);
    });
  }
  await settled(journal);
  sender.disconnect();
  receiver.disconnect();
  return journal;
}

Promise.all([...Array(pairs).keys()].map(exchange)).then((all) => console.log(JSON.stringify(all)));
