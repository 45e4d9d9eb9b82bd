// Chat on a database server: node ws_sql.cjs PORT URL, of PostgreSQL (by `pg`) or of MariaDB and
// MySQL (by `mysql2`).
//
// Each message is a prepared INSERT in a separate transaction, over a pool of ten connections. Then
// it is acknowledged to its sender and relayed.
const { WebSocketServer } = require("ws");

const CONNECTIONS = 10;
const COLUMNS = "conversation, sender, recipient, body, sent_at";

async function postgresql(connectionString) {
  const { Pool } = require("pg");
  const pool = new Pool({ connectionString, max: CONNECTIONS });
  await pool.query("DROP TABLE IF EXISTS chat_message"); // from an earlier run
  await pool.query(`
    CREATE TABLE chat_message (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, conversation TEXT NOT NULL,
      sender TEXT NOT NULL, recipient TEXT NOT NULL, body TEXT NOT NULL, sent_at BIGINT NOT NULL
    )`);
  await pool.query("CREATE INDEX chat_message_conversation ON chat_message (conversation, id)");
  const text = `INSERT INTO chat_message (${COLUMNS}) VALUES ($1, $2, $3, $4, $5) RETURNING id`;
  return async (values) => (await pool.query({ name: "insert", text, values })).rows[0].id;
}

async function mysql(uri) {
  const pool = require("mysql2/promise").createPool({ uri, connectionLimit: CONNECTIONS });
  await pool.query("DROP TABLE IF EXISTS chat_message"); // from an earlier run
  await pool.query(`
    CREATE TABLE chat_message (
      id BIGINT AUTO_INCREMENT PRIMARY KEY, conversation VARCHAR(100) NOT NULL,
      sender VARCHAR(50) NOT NULL, recipient VARCHAR(50) NOT NULL, body TEXT NOT NULL,
      sent_at BIGINT NOT NULL, INDEX chat_message_conversation (conversation, id)
    )`);
  const text = `INSERT INTO chat_message (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`;
  return async (values) => (await pool.execute(text, values))[0].insertId;
}

const sockets = new Map();

async function send(socket, from, { ref, to, text }, store) {
  const conversation = [from, to].sort().join(":");
  try {
    const id = await store([conversation, from, to, text, Date.now()]);
    socket.send(JSON.stringify({ type: "ack", ref, id }));
    sockets.get(to)?.send(JSON.stringify({ type: "message", id, from, text }));
  } catch (error) {
    socket.send(JSON.stringify({ type: "error", ref, message: error.message }));
  }
}

async function main(port, url) {
  const store = await (url.startsWith("postgresql") ? postgresql(url) : mysql(url));
  const server = new WebSocketServer({ port, path: "/ws" });
  server.on("connection", (socket, request) => {
    const from = new URL(request.url, "ws://localhost").searchParams.get("name");
    sockets.set(from, socket);
    socket.on("message", (data) => send(socket, from, JSON.parse(data), store));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (sockets.get(from) === socket) sockets.delete(from);
    });
  });
}

main(Number(process.argv[2]), process.argv[3]);
