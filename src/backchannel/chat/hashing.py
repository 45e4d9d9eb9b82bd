"""Turns to have a password hashed: next come the addresses and names that tried least of late.

So a login is not held up by hundreds of addresses that guess passwords (rules S7, S9).
"""

from backchannel.budgets.least_used import LeastUsed
from backchannel.ports.clock import Clock

WAITING = 256
"""Passwords that may wait: a few seconds of work."""
MEMORY = 30.0
"""Seconds after which one attempt of an address or name is forgotten."""
RIGHT = 0.8
"""The part of an attempt that a right password gives back: an office may be one address."""


def hashing_turns(clock: Clock, at_once: int) -> LeastUsed:
    """The turns of a process that hashes `at_once` passwords at a time."""
    return LeastUsed(
        at_once,
        waiting=WAITING,
        memory=MEMORY,
        refusal="too many logins at once",
        clock=clock.monotonic,
    )
