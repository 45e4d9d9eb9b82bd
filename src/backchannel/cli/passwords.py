"""Passwords from people and programs, never from an argument: other users can see arguments."""

import getpass
import sys

from backchannel.domain.errors import Invalid


def new_password() -> str:
    """A password to set: asked for twice on a terminal, otherwise the first line of input."""
    if not sys.stdin.isatty():
        return _first_line()
    password = _asked("Password: ")
    if _asked("Repeat password: ") != password:
        raise Invalid("the two passwords differ; nothing was changed")
    return password


def known_password(prompt: str) -> str:
    """A password to log in with."""
    return _asked(prompt) if sys.stdin.isatty() else _first_line()


def _asked(prompt: str) -> str:
    try:
        return _checked(getpass.getpass(prompt))
    except UnicodeDecodeError:
        raise _not_text() from None
    except EOFError:
        raise Invalid("no password was entered") from None


def _first_line() -> str:
    return _checked(sys.stdin.readline().rstrip("\r\n"))


def _checked(password: str) -> str:
    """Bytes that are not text come in as surrogates: see `backchannel.cli.main`."""
    try:
        password.encode()
    except UnicodeEncodeError:
        raise _not_text() from None
    return password


def _not_text() -> Invalid:
    return Invalid("the password is not valid UTF-8 text", field="password")
