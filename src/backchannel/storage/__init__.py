"""The databases: one package per kind, and the error of opening one."""


class CannotOpen(Exception):
    """The database cannot be used as it is; the text says why and what to do about it."""
