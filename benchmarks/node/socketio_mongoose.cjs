// Chat as in many tutorials: node socketio_mongoose.cjs PORT MONGODB_URL
//
// Each message is a document that Mongoose validates and saves, journaled (w: 1, j: true). Then it
// is acknowledged to its sender and relayed.
const mongoose = require("mongoose");
const { Server } = require("socket.io");

const schema = new mongoose.Schema(
  {
    conversation: { type: String, required: true, index: true },
    from: { type: String, required: true },
    to: { type: String, required: true },
    text: { type: String, required: true, trim: true, maxlength: 10_000 },
  },
  { timestamps: true, writeConcern: { w: 1, j: true } },
);

async function main(port, url) {
  await mongoose.connect(url, { dbName: "chat" });
  const Message = mongoose.model("Message", schema);
  await Message.init();

  const io = new Server({ transports: ["websocket"] });
  io.on("connection", (socket) => {
    const from = socket.handshake.auth.name;
    socket.join(from);
    socket.on("message", async ({ to, text }, acknowledge) => {
      try {
        const conversation = [from, to].sort().join(":");
        const { id } = await Message.create({ conversation, from, to, text });
        acknowledge({ id });
        io.to(to).emit("message", { id, from, text });
      } catch (error) {
        acknowledge({ error: error.message });
      }
    });
  });
  io.listen(port);
}

main(Number(process.argv[2]), process.argv[3]);
