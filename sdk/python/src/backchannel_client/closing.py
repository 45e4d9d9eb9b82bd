"""Reconnecting: whether to, given the close code, and how long to wait between attempts."""

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
class AfterClose:
    """The consequences of a connection's end."""

    reconnect: bool = True
    renew: bool = False
    """Get a fresh token before the next connection."""
    logged_out: bool = False
    """The login is over: the user has to log in again."""
    wait: float = 0.0
    """The shortest wait before the next attempt, seconds."""


RECONNECT = AfterClose()
STOP = AfterClose(reconnect=False)
LOGGED_OUT = AfterClose(reconnect=False, logged_out=True)
RENEW = AfterClose(renew=True)

_TABLE = {
    **dict.fromkeys((1000, 1002, 1003, 1007, TOO_BIG), STOP),
    1013: AfterClose(wait=5.0),
    4001: LOGGED_OUT,
    4002: RENEW,
    4003: RENEW,
}


def after_close(code: int, reason: str = "") -> AfterClose:
    """The table of `docs/protocol.md`, "Closing"; a `reason` with 1012 contains the seconds."""
    outcome = _TABLE.get(code, RECONNECT)
    named = re.search(r"\d+(\.\d+)?", reason) if code == RESTARTING else None
    return replace(outcome, wait=min(float(named[0]), LONGEST_RESTART)) if named else outcome


class Backoff:
    """Waits between attempts, with jitter: after a restart clients do not all connect at once."""

    def __init__(self, random: Callable[[], float] = random.random) -> None:
        """`random` returns a random number in [0, 1)."""
        self._attempts = 0
        self._random = random

    def next(self) -> float:
        """Seconds until the next attempt: random, from half of a limit that doubles up to 30 s."""
        most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._attempts, 16))
        self._attempts += 1
        return most / 2 + self._random() * most / 2

    def reset(self) -> None:
        """Start again with short waits, once the server has accepted a connection."""
        self._attempts = 0
