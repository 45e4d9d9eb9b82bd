"""The databases that the contract suite runs on. The next one adds an opener here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import pytest

from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage


class Ability(Enum):
    """What the port leaves to the database; everything else it must be able to do."""

    SUBSTRINGS = "finds any part of a word, in every script"


@dataclass(frozen=True)
class Opener:
    """How a test opens a database; opening the same folder again finds what was stored.

    `lacks` says of each missing ability why it is missing.
    """

    name: str
    open: Callable[[Path], Awaitable[Storage]]
    lacks: Mapping[Ability, str] = field(default_factory=dict)

    def requires(self, ability: Ability) -> None:
        """Skip the test where the database lacks the ability."""
        if ability in self.lacks:
            pytest.skip(f"{self.name} never {ability.value}: {self.lacks[ability]}")


def sqlite(folder: Path) -> Awaitable[Storage]:
    return open_storage(f"sqlite:///{folder}/chat.db")


OPENERS = [Opener("sqlite", sqlite)]
