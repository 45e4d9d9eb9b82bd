"""The result of a single check by `doctor`."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` states the result, `remedy` what to do about it unless all is well."""

    level: Level
    name: str
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> Finding:
    return Finding(Level.OK, name, text)


def warn(name: str, text: str, remedy: str) -> Finding:
    """The server runs, but not as it should in production."""
    return Finding(Level.WARN, name, text, remedy)


def fail(name: str, text: str, remedy: str) -> Finding:
    """The server does not start, or must not be trusted."""
    return Finding(Level.FAIL, name, text, remedy)
