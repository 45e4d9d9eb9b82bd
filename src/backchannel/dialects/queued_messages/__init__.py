"""A dialect: Socket.IO with `sendMessage` and `receiveMessage`, REST, files, and a queue."""
