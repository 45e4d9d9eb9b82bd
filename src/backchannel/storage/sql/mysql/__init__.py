"""MariaDB and MySQL: a pool of connections on a separate thread."""
