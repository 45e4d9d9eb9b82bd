"""What the dialects of Socket.IO share: one endpoint at `/socket.io/` that speaks them all."""
