"""R10: with a full disk of the database server, writes are refused and reads continue."""

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Storage, Stored
from backchannel.storage.opening import open_storage
from tests.storage.mongodb.conftest import until_there
from tests.storage.people import AT, Pair, bodies, make_pair, send
from tests.support import mariadb
from tests.support.mongod import Mongod
from tests.support.postgresql import Instance, binaries

pytestmark = [pytest.mark.service, pytest.mark.slow]


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A separate small disk. Skips the test if none can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="backchannel-full-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("no disk can be mounted: run as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def move_log(log: Path, elsewhere: Path) -> None:
    moved = Path(shutil.move(log, elsewhere / log.name))
    subprocess.run(["chown", "-R", "postgres:postgres", moved], check=True)
    log.symlink_to(moved)


@asynccontextmanager
async def server_on(disk: Path) -> AsyncIterator[Instance]:
    programs = binaries()
    if programs is None:
        pytest.skip("there is no PostgreSQL to start: install postgresql")
    made = Instance(disk, programs)
    made.make()
    # Without room for its log the server ends, so the log has another disk.
    with tempfile.TemporaryDirectory(prefix="backchannel-wal-") as elsewhere:
        shutil.chown(elsewhere, "postgres", "postgres")
        move_log(disk / "data" / "pg_wal", Path(elsewhere))
        made.start()
        try:
            yield made
        finally:
            made.stop()


def filling() -> str:
    """A random text, which no server can compress."""
    return secrets.token_hex(20_000)


async def fill(storage: Storage, pair: Pair) -> tuple[list[str], str]:
    """Send until a message is refused; return what was acknowledged, and the refusal."""
    acknowledged: list[str] = []
    for _ in range(2_000):
        draft = pair.draft(filling())
        try:
            (outcome,) = await storage.append([draft], at=AT)
        except Unavailable as refusal:
            return acknowledged, refusal.text
        assert isinstance(outcome, Stored)
        acknowledged.append(draft.body)
    raise AssertionError("the disk is larger than that")


def take_room(ballast: Path, *, left: int) -> None:
    """Leave this many bytes of a disk free."""
    ballast.write_bytes(bytes(max(0, shutil.disk_usage(ballast.parent).free - left)))


async def through_a_full_disk(url: str, ballast: Path) -> int:
    """Fill the disk on which the ballast is, make room again; the number of messages after it."""
    storage = await open_storage(url)
    pair = await make_pair(storage)
    # As on a machine with other data on this disk.
    take_room(ballast, left=24 << 20)
    acknowledged, refusal = await fill(storage, pair)
    assert refusal == "the disk of the database is full; nothing was stored"
    assert await bodies(storage, pair.id) == acknowledged
    with pytest.raises(Unavailable, match="disk of the database is full"):
        await storage.append([pair.draft(filling()) for _ in range(50)], at=AT)
    ballast.unlink()
    await until_there(lambda: send(storage, pair.draft("after", client_id="after")))
    stored = await until_there(lambda: bodies(storage, pair.id))
    assert stored == [*acknowledged, "after"]
    await storage.close()
    return len(stored)


async def test_R10_postgresql_recovers_from_a_full_disk() -> None:
    with small_disk("160m") as disk:
        async with server_on(disk) as server:
            stored = await through_a_full_disk(server.url, disk / "ballast")
            connection = await asyncpg.connect(server.url)
            assert await connection.fetchval("SELECT count(*) FROM message") == stored
            await connection.close()


async def test_R10_mariadb_recovers_from_a_full_disk() -> None:
    programs = mariadb.binaries()
    if programs is None:
        pytest.skip("there is no MariaDB to start: install mariadb-server")
    with small_disk("400m") as disk:
        server = mariadb.Instance(disk, *programs)
        server.make()
        await asyncio.to_thread(server.start)
        try:
            stored = await through_a_full_disk(server.url, disk / "ballast")
            driver = await mariadb.connected(server.url)
            assert await driver.fetchval("SELECT count(*) FROM message") == stored
            driver.terminate()
        finally:
            server.stop()


async def test_R10_mongodb_recovers_from_a_full_disk() -> None:
    """MongoDB ends itself when it cannot write: the database is unavailable until there is room."""
    with small_disk("600m") as disk:
        server = Mongod(disk)
        server.start()
        try:
            storage = await open_storage(server.url("full"))
            pair = await make_pair(storage)
            ballast = disk / "ballast"
            take_room(ballast, left=24 << 20)
            acknowledged, refusal = await fill(storage, pair)
            in_doubt = "may have been stored" in refusal
            assert in_doubt or refusal in {
                "the database cannot be reached",
                "the database's disk is full; nothing was stored",
            }
            ballast.unlink()
            server.stop()
            server.start()
            stored = await until_there(lambda: bodies(storage, pair.id))
            assert stored[: len(acknowledged)] == acknowledged
            assert len(stored) <= len(acknowledged) + in_doubt
            await until_there(lambda: send(storage, pair.draft("after", client_id="after")))
            await storage.close()
        finally:
            server.stop()
