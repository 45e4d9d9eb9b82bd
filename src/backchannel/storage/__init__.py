"""Where everything is kept: one room per kind of database."""
