"""When to come back: what follows from a close code, and how long to wait between attempts."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
LONGEST_RESTART = 60.0
RESTARTING = 1012
TOO_BIG = 1009
LOST = 1006


@dataclass(frozen=True, slots=True)
class Verdict:
    """The consequences of a connection's end."""

    reconnect: bool = True
    renew: bool = False
    """Get a fresh token before the next connection."""
    logged_out: bool = False
    """The login is over: the user has to log in again."""
    wait: float = 0.0
    """The shortest wait before the next attempt, seconds."""


RECONNECT = Verdict()
STOP = Verdict(reconnect=False)
LOGGED_OUT = Verdict(reconnect=False, logged_out=True)
RENEW = Verdict(renew=True)

_TABLE = {
    **dict.fromkeys((1000, 1002, 1003, 1007, TOO_BIG), STOP),
    1013: Verdict(wait=5.0),
    4001: LOGGED_OUT,
    4002: RENEW,
    4003: RENEW,
}


def after_close(code: int, reason: str = "") -> Verdict:
    """The verdict of `docs/protocol.md`, "Closing"; `reason` of a 1012 names the seconds."""
    verdict = _TABLE.get(code, RECONNECT)
    named = re.search(r"\d+(\.\d+)?", reason) if code == RESTARTING else None
    return replace(verdict, wait=min(float(named[0]), LONGEST_RESTART)) if named else verdict


class Backoff:
    """The waits between attempts, random so that a restart is not a stampede."""

    def __init__(self, dice: Callable[[], float] = random.random) -> None:
        """`dice` gives a number from 0 up to 1."""
        self._attempts = 0
        self._dice = dice

    def next(self) -> float:
        """Seconds until the next attempt: from half of a time that doubles up to 30 s."""
        most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._attempts, 16))
        self._attempts += 1
        return most / 2 + self._dice() * most / 2

    def reset(self) -> None:
        """A connection was welcomed."""
        self._attempts = 0
