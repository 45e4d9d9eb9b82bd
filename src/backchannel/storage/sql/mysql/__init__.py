"""MariaDB and MySQL: a pool of connections on a thread of its own."""
