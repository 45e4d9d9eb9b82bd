// One socket of npm's ws. Orders come as lines of JSON, and so does what happens to it.
const [, , library, url, options] = process.argv;
const WebSocket = require(library);

const tell = (...what) => console.log(JSON.stringify(what));
const socket = new WebSocket(url, JSON.parse(options));

socket.on("open", () => tell("open", socket.extensions));
socket.on("message", (data) => tell("message", data.toString()));
socket.on("pong", (data) => tell("pong", data.toString()));
socket.on("close", (code, reason) => tell("close", code, reason.toString()));
socket.on("error", (error) => tell("error", error.message));

const orders = {
  send: (text) => socket.send(text),
  // a ping after each part: control frames may stand between the fragments of a message
  send_in_parts: (parts) =>
    parts.forEach((part, index) => {
      socket.send(part, { fin: index === parts.length - 1 });
      socket.ping(`part ${index}`);
    }),
  send_invalid_text: () => socket.send(Buffer.from([0xff]), { binary: false }),
  ping: (text) => socket.ping(text),
  close: (code, reason) => socket.close(code, reason),
};

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [order, ...args] = JSON.parse(line);
    orders[order](...args);
  })
  .on("close", () => process.exit());
