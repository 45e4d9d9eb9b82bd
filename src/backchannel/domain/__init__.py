"""Values and rules that do not depend on a database, a socket or a clock."""
