// Everything a client does, with the socket.io-client of the given name; results as JSON.
const [, , client, url, transports, encoding] = process.argv;
const { io } = require(client);

const options = {
  path: "/",
  transports: transports.split(","),
  forceNew: true,
  forceBase64: encoding === "base64",
};
const once = (socket, event) => new Promise((resolve) => socket.once(event, (...a) => resolve(a)));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...a) => resolve(a)));

async function refused(namespace) {
  const socket = io(url + namespace, options);
  const [error] = await once(socket, "connect_error");
  socket.disconnect();
  return [error.message, error.data ?? null];
}

// Both sides send while the transport is upgraded.
async function burst(socket) {
  const numbers = [];
  const received = new Promise((resolve) => {
    socket.on("back", (number) => numbers.push(number) === 1000 && resolve());
  });
  for (let number = 0; number < 1000; number++) {
    socket.emit("message", number);
    if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await received;
  socket.off("back");
  return numbers.every((number, index) => number === index);
}

async function main() {
  const socket = io(url, { ...options, auth: { token: "T" } });
  socket.on("question", (bytes, answer) => answer("yes", bytes));
  const auth = once(socket, "auth");
  await once(socket, "connect");
  const report = { auth: await auth, inOrder: await burst(socket) };

  const back = once(socket, "back");
  socket.emit("message", "grüße 🎉", Buffer.from([1, 2]), { deep: [Buffer.from([3]), null] });
  report.back = await back;
  report.answer = await ask(socket, "message", 1, Buffer.from([4]));
  report.unknown = await refused("random");
  report.members = await refused("members");

  const custom = io(url + "custom", options);
  await once(custom, "connect");
  report.custom = await ask(custom, "message", "in custom");
  custom.disconnect();

  report.transport = socket.io.engine.transport.name;
  const ending = once(socket, "disconnect");
  socket.emit("hang up");
  report.ending = (await ending)[0];
  console.log(JSON.stringify(report));
}

main();
