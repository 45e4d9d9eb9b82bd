"""The databases that the contract suite runs on. Add an opener here for another one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path

import pytest

from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from tests.support.engines import DATABASES


class Ability(Enum):
    """The abilities that the port leaves to the database; all others are required."""

    SUBSTRINGS = "finds any part of a word, in every script"
    SCRUBBING = "rewrites its files, so that no byte is left in them"
    PROCESSES = "takes everything from two processes at once"


@dataclass(frozen=True)
class Opener:
    """The ways to open a database; opening the same folder again finds what was stored.

    `lacks` has the reason for each missing ability.
    """

    name: str
    open: Callable[[Path], Awaitable[Storage]]
    lacks: Mapping[Ability, str] = field(default_factory=dict)
    marks: Sequence[pytest.MarkDecorator] = ()
    """The marks of all tests on this database."""

    def requires(self, ability: Ability) -> None:
        """End a test as an expected failure if the database lacks the ability."""
        if ability in self.lacks:
            pytest.xfail(f"{self.name} never {ability.value}: {self.lacks[ability]}")


async def open_on(engine: str, folder: Path) -> Storage:
    """Open the database of a folder."""
    return await open_storage(await DATABASES[engine](folder))


SERVERS_FILES: dict[Ability, str] = {Ability.SCRUBBING: "a client cannot rewrite a server's files"}

ONE_WRITER = {Ability.PROCESSES: "one server at a time uses it; the others only give way"}


def _opener(engine: str, lacks: Mapping[Ability, str], *marks: pytest.MarkDecorator) -> Opener:
    return Opener(engine, partial(open_on, engine), lacks, marks)


SERVICE = pytest.mark.service
OPENERS = [
    _opener("sqlite", {}),
    _opener("mongodb", SERVERS_FILES | ONE_WRITER, SERVICE),
    _opener("mongodb replica set", SERVERS_FILES | ONE_WRITER, SERVICE, pytest.mark.nightly),
    _opener("postgresql", SERVERS_FILES, SERVICE),
    _opener("mariadb", SERVERS_FILES, SERVICE),
]
