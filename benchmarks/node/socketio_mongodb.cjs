// Chat as many back ends do it: node socketio_mongodb.cjs PORT MONGODB_URL [recover]
//
// Each message is inserted, journaled (w: 1, j: true), acknowledged to its sender and relayed.
// `recover` switches on Socket.IO's connection state recovery.
const { MongoClient } = require("mongodb");
const { Server } = require("socket.io");

async function main(port, url, recover) {
  const client = await MongoClient.connect(url, { writeConcern: { w: 1, journal: true } });
  const messages = client.db("chat").collection("messages");
  await messages.createIndex({ conversation: 1, _id: 1 });

  const io = new Server({
    transports: ["websocket"],
    ...(recover && { connectionStateRecovery: {} }),
  });
  io.on("connection", (socket) => {
    const from = socket.handshake.auth.name;
    socket.join(from);
    socket.on("message", async ({ to, text }, acknowledge) => {
      const message = { conversation: [from, to].sort().join(":"), from, to, text, at: new Date() };
      try {
        const { insertedId } = await messages.insertOne(message);
        acknowledge({ id: insertedId });
        io.to(to).emit("message", { id: insertedId, from, text });
      } catch (error) {
        acknowledge({ error: error.message });
      }
    });
  });
  io.listen(port);
}

main(Number(process.argv[2]), process.argv[3], process.argv[4] === "recover");
