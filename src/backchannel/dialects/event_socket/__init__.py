"""A dialect: a chat over the WebSocket `/websocket`, from sender to receiver."""
