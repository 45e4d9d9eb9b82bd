"""R1: what was acknowledged survives a power cut at any moment."""

import itertools
import random
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.sqlite.opening import open_sqlite
from tests.storage.people import Pair, make_pair, send
from tests.storage.sqlite.power import ApswDriver, Disk

# So that checkpoints, which write the database file itself, happen within a short test.
CHECKPOINTS = {"PRAGMA wal_autocheckpoint = 8000": "PRAGMA wal_autocheckpoint = 40"}
NORMAL = {"PRAGMA synchronous = FULL": "PRAGMA synchronous = NORMAL"}
BATCHES = 12
_names = (f"power-{number}" for number in itertools.count())


@asynccontextmanager
async def on_disk(
    folder: Path, disk: Disk, pragmas: dict[str, str]
) -> AsyncIterator[tuple[Storage, Pair]]:
    url = f"sqlite:///{folder}/chat.db"
    storage: Storage = await open_storage(url)
    pair = await make_pair(storage)
    await storage.close()
    storage = await open_sqlite(url, connect=lambda path: ApswDriver(path, disk, pragmas))
    yield storage, pair
    await storage.close()


class Cuts:
    """Cuts the power at each sync and each acknowledgement, and records what must survive."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self.acknowledged: list[str] = []
        self.taken: list[tuple[Path, list[str]]] = []
        self._disk = disk
        self._folder = folder
        self._rng = random.Random(20)
        self._cutting = threading.Lock()

    def cut(self) -> None:
        with self._cutting:  # both the writer's thread and the test do
            for rng in (None, self._rng):
                folder = self._folder / f"cut-{len(self.taken)}"
                survivors = list(self.acknowledged)
                self.taken.append((self._disk.cut(folder, rng), survivors))

    def lost(self) -> Iterator[str]:
        """The acknowledged messages that some cut has lost."""
        for folder, acknowledged in self.taken:
            database = sqlite3.connect(folder / "chat.db")
            try:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                found = {row[0] for row in database.execute("SELECT id FROM message")}
                logged = database.execute("SELECT count(*) FROM log").fetchone()[0]
                assert logged == 2 * len(found)
            finally:
                database.close()
            yield from set(acknowledged) - found


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk(next(_names))
    yield disk
    disk.unregister()


async def run_batches(folder: Path, disk: Disk, pragmas: dict[str, str]) -> Cuts:
    cuts = Cuts(disk, folder)
    async with on_disk(folder, disk, CHECKPOINTS | pragmas) as (storage, pair):
        disk.on_sync = cuts.cut
        for number in range(BATCHES):
            drafts = [pair.draft("x" * 500 + str(number)) for _ in range(10)]
            stored = await send(storage, *drafts)
            cuts.acknowledged += [each.message.id for each in stored]
            cuts.cut()
    return cuts


async def test_R1_power_cuts_lose_nothing_acknowledged(tmp_path: Path, disk: Disk) -> None:
    cuts = await run_batches(tmp_path, disk, {})
    assert len(cuts.taken) > 6 * BATCHES
    assert list(cuts.lost()) == []


async def test_the_power_cut_test_detects_missing_syncs(tmp_path: Path, disk: Disk) -> None:
    """Test the harness: without a sync per commit, acknowledged messages are lost."""
    cuts = await run_batches(tmp_path, disk, NORMAL)
    assert list(cuts.lost())


async def test_R1_a_database_opens_after_each_power_cut(tmp_path: Path, disk: Disk) -> None:
    cuts = await run_batches(tmp_path, disk, {})
    for folder, acknowledged in cuts.taken[::10]:
        storage = await open_storage(f"sqlite:///{folder}/chat.db")
        for message_id in acknowledged:
            assert await storage.message_by_id(message_id)
        await storage.close()


def test_the_simulated_disk_is_registered(disk: Disk) -> None:
    assert disk.name in apsw.vfs_names()
