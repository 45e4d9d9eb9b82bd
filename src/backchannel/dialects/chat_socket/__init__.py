"""A dialect: a chat over the WebSocket `/chat`, by conversation or by receiver."""
