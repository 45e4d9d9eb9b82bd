"""The shared part of the Socket.IO dialects: one endpoint at `/socket.io/` for all of them."""
