"""The databases: one package per kind, and the error of opening one."""


class CannotOpen(Exception):
    """The database cannot be used as it is; the text gives the reason and the remedy."""
