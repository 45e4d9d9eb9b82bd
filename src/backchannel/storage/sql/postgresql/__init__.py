"""PostgreSQL: a pool of connections on a separate thread."""
