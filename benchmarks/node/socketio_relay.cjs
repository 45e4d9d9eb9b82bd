// Node's Socket.IO server as a relay without storage: node socketio_relay.cjs PORT
const { Server } = require("socket.io");

const peers = new Map();
const io = new Server(Number(process.argv[2]), { transports: ["websocket"] });

io.on("connection", (socket) => {
  peers.set(socket.handshake.auth.name, socket);
  socket.on("message", (message) => peers.get(message.to)?.emit("message", message));
});
