"""Passwords from people and programs, never from an argument: arguments are seen by everybody."""

import getpass
import sys

from backchannel.domain.errors import Invalid


def new_password() -> str:
    """A password to set: asked for twice on a terminal, otherwise the first line of input."""
    if not sys.stdin.isatty():
        return _first_line()
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise Invalid("the two passwords differ; nothing was changed")
    return password


def known_password(prompt: str) -> str:
    """A password to log in with."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else _first_line()


def _first_line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
