// Chat without a database server: node ws_sqlite.cjs PORT FILE [grouped] Each message has its own
// transaction, synced (synchronous=FULL), and is acknowledged to its sender and relayed. `grouped`
// stores the messages of one turn of the event loop together.
const { DatabaseSync } = require("node:sqlite");
const { WebSocketServer } = require("ws");

const [port, file, grouped] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL
  );
  CREATE INDEX messages_conversation ON messages (conversation, id);
`);
const insert = database.prepare(
  "INSERT INTO messages (conversation, sender, recipient, text, at) VALUES (?, ?, ?, ?, ?)",
);

const sockets = new Map();
let gathered = [];

function store(from, { to, text }) {
  const conversation = [from, to].sort().join(":");
  return insert.run(conversation, from, to, text, Date.now()).lastInsertRowid;
}

function answer(socket, from, message, stored) {
  const id = Number(stored);
  socket.send(JSON.stringify({ type: "ack", ref: message.ref, id }));
  const event = { type: "message", id, from, text: message.text };
  sockets.get(message.to)?.send(JSON.stringify(event));
}

function commitGathered() {
  const batch = gathered;
  gathered = [];
  database.exec("BEGIN");
  const ids = batch.map(({ from, message }) => store(from, message));
  database.exec("COMMIT");
  batch.forEach(({ socket, from, message }, at) => answer(socket, from, message, ids[at]));
}

const server = new WebSocketServer({ port: Number(port), path: "/ws" });
server.on("connection", (socket, request) => {
  const from = new URL(request.url, "ws://localhost").searchParams.get("name");
  sockets.set(from, socket);
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (!grouped) {
      answer(socket, from, message, store(from, message));
      return;
    }
    if (gathered.length === 0) setImmediate(commitGathered);
    gathered.push({ socket, from, message });
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    if (sockets.get(from) === socket) sockets.delete(from);
  });
});
