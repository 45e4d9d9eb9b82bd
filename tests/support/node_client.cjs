// One socket of an npm library. Orders come as lines of JSON, and so does what happens to it.
const [, , library, url, options] = process.argv;
const { io } = require(library);

const tell = (...what) => console.log(JSON.stringify(what));
const socket = io(url, { reconnectionDelay: 50, reconnectionDelayMax: 100, ...JSON.parse(options) });

socket.on("connect", () => tell("connect", { id: socket.id, recovered: socket.recovered === true }));
socket.on("connect_error", (error) => tell("connect_error", error.message, error.data ?? null));
socket.on("disconnect", (reason) => tell("disconnect", reason));
socket.onAny((...event) => tell("event", ...event));

const orders = {
  emit: (...event) => socket.emit(...event),
  ask: (...event) => socket.emit(...event, (...answer) => tell("answer", ...answer)),
  transport: () => tell("transport", socket.io.engine.transport.name),
  cut: () => socket.io.engine.close(),
};

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [order, ...args] = JSON.parse(line);
    orders[order](...args);
  })
  .on("close", () => process.exit());
