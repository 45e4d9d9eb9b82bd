"""A dialect: sessions with the server, which answers what is said in them."""
