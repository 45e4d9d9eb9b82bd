"""The errors of opening a database."""


class CannotOpen(Exception):
    """The database cannot be used as it is; the text says why and what to do about it."""
