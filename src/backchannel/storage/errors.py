"""Why a database was not opened."""


class CannotOpen(Exception):
    """The database cannot be used as it is; the text says why and what to do about it."""
