"""The databases that the contract suite runs on. The next one adds an opener here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path

import pytest

from backchannel.ports.storage import Storage
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.opening import open_storage
from tests.support import mongod, postgresql

DATABASE = "contract"


class Ability(Enum):
    """What the port leaves to the database; everything else it must be able to do."""

    SUBSTRINGS = "finds any part of a word, in every script"
    SCRUBBING = "rewrites its files, so that no byte is left in them"
    PROCESSES = "takes everything from two processes at once"


@dataclass(frozen=True)
class Opener:
    """How a test opens a database; opening the same folder again finds what was stored.

    `lacks` says of each missing ability why it is missing.
    """

    name: str
    open: Callable[[Path], Awaitable[Storage]]
    lacks: Mapping[Ability, str] = field(default_factory=dict)
    marks: Sequence[pytest.MarkDecorator] = ()
    """Of all tests on this database."""

    def requires(self, ability: Ability) -> None:
        """Expect nothing of a test where the database lacks the ability."""
        if ability in self.lacks:
            pytest.xfail(f"{self.name} never {ability.value}: {self.lacks[ability]}")


def sqlite(folder: Path) -> Awaitable[Storage]:
    return open_storage(f"sqlite:///{folder}/chat.db")


def mongodb(folder: Path, *, replicated: bool = False) -> Awaitable[Storage]:
    server = mongod.shared(replicated=replicated)
    server.empty_for(str(folder), DATABASE)
    return open_mongodb(server.url(DATABASE))


async def on_postgresql(folder: Path) -> Storage:
    return await open_storage(await postgresql.database_for(folder))


SERVERS_FILES: dict[Ability, str] = {Ability.SCRUBBING: "a client cannot rewrite a server's files"}

ONE_WRITER = {Ability.PROCESSES: "one server at a time uses it; the others only give way"}

OPENERS = [
    Opener("sqlite", sqlite),
    Opener("mongodb", mongodb, SERVERS_FILES | ONE_WRITER, [pytest.mark.service]),
    Opener(
        "mongodb replica set",
        partial(mongodb, replicated=True),
        SERVERS_FILES | ONE_WRITER,
        [pytest.mark.service, pytest.mark.nightly],
    ),
    Opener("postgresql", on_postgresql, SERVERS_FILES, [pytest.mark.service]),
]
