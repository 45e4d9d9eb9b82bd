"""A dialect: sessions with the server, which answers the messages in them."""
