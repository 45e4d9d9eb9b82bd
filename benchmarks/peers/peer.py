"""A peer: a server of some stack, and the protocol of the load generator."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import programs

TEXT = "Hi there, shall we meet at the station at half past eight? #%d"
DELIVERED = "--delivered=eight? #"
"""Marks the beginning of a message, so that the load generator finds it in any frame."""


class Missing(Exception):
    """A program that a peer needs is not installed; the text names it and how to install it."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    load_options: Sequence[str]
    """Options of the load generator: how its clients log in, send and read."""
    pids: Sequence[int]
    """All its processes, its database's included."""
    users: Sequence[tuple[str, str]] = ()
    """The id and the token of each, where they have them."""

    def resident(self) -> int:
        """The resident memory in bytes."""
        return sum(programs.resident(pid) for pid in self.pids)


MANY = 10_000


class Peer(Protocol):
    """A stack with sensible settings for production."""

    @property
    def name(self) -> str: ...

    @property
    def kept(self) -> str:
        """The meaning of an acknowledgement."""
        ...

    @property
    def idle(self) -> int:
        """The number of idle connections that are opened to measure the memory of one."""
        ...

    def serve(self, folder: Path, clients: int) -> AbstractContextManager[Server]:
        """Run it on an empty folder for this many users. Raises `Missing`."""
        ...
