"""A dialect: Socket.IO with the events `join` and `chat message`, and REST below `/api`."""
