"""`backchannel copy`: from any database to any other, with a device that keeps its log."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

from backchannel.cli import copy as copying
from backchannel.cli.copy import compare, copy_records
from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage, open_to_transfer
from tests.storage.people import make_pair, send
from tests.storage.test_transfer import everything, fill_with_every_kind
from tests.support import mariadb, mongod
from tests.support.engines import DATABASES, SQLITE, drop_databases
from tests.support.native import Device, Person, register
from tests.support.postgresql import database_for
from tests.support.process import TIMEOUT, ServerProcess

pytestmark = [pytest.mark.service, pytest.mark.slow]

MESSAGES = 2_000
PAGES = 7
"""Pages between two interruptions."""
ENGINES = (SQLITE, "postgresql", "mariadb", "mongodb")


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    drop_databases()


def begin(folder: Path, source: str, target: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "backchannel", "copy", "--from", source, "--to", target],
        env={"PATH": os.environ["PATH"], "BACKCHANNEL_DATA_DIR": str(folder / "data")},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def copied(folder: Path, source: str, target: str) -> str:
    with begin(folder, source, target) as process:
        try:
            output, errors = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()  # a process that hangs would keep the database from later tests
    assert process.returncode == 0, errors
    return output


def refused(folder: Path, source: str, target: str) -> str:
    process = begin(folder, source, target)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1, errors
    assert len(errors.splitlines()) == 1, errors
    return errors


def on_mongodb(folder: Path) -> str:
    server = mongod.shared()
    server.empty_for(str(folder), "copied")
    return server.url("copied")


async def fetched(server: ServerProcess, person: Person) -> dict[str, Any]:
    """Everything that a client of this person can fetch."""
    async with httpx.AsyncClient(base_url=server.address, headers=person.headers) as http:

        async def get(path: str) -> Any:
            return (await http.get(path)).raise_for_status().json()

        listed = (await get("/v1/conversations"))["items"]
        for each in listed:  # the time when she was last seen is written at the end
            each["peer"] = each["peer"]["id"], each["peer"]["username"]
        sync = await get("/v1/sync?position=0")
        return {
            "me": await get("/v1/me"),
            "conversations": listed,
            "messages": [await get(f"/v1/conversations/{each['id']}/messages") for each in listed],
            "found": await get("/v1/search?q=message"),
            "events": sync["events"],
        }


@pytest.mark.timeout(600)  # five servers and four copies, one after the other
async def test_R5_a_device_keeps_its_messages_from_database_to_database(tmp_path: Path) -> None:
    urls = [
        f"sqlite:///{tmp_path}/data/backchannel.db",
        await database_for(tmp_path),
        await mariadb.database_for(tmp_path),
        on_mongodb(tmp_path),
        f"sqlite:///{tmp_path}/second.db",
    ]
    server = ServerProcess(tmp_path, database_url=urls[0])
    try:
        server.start()
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        device, writer = Device(server.socket_address, bob), Device(server.socket_address, ada)
        await device.open()
        before: dict[str, Any] = {}
        for number, (url, following) in enumerate(zip(urls, [*urls[1:], None], strict=True)):
            if number:
                server = ServerProcess(tmp_path, database_url=url)
                server.start()
                device.socket_address = writer.socket_address = server.socket_address
                assert await fetched(server, bob) == before
                await device.open()
                assert (await device.frame("reset"))["reason"] == "epoch_changed"
            await writer.open()
            assert (await writer.send(bob, f"message {number}", f"{number}"))["type"] == "ack"
            await device.until(number + 1)
            await device.acknowledge()
            await writer.until(number + 1, "receipt")
            await writer.close()
            before = await fetched(server, bob)
            assert device.texts == [f"message {n}" for n in range(number + 1)]
            await device.close()
            server.stop()
            if following is not None:
                assert "same checksums" in copied(tmp_path, url, following)
    finally:
        server.close()


class Interrupted(Exception):
    """The process has ended, as far as the database knows."""


def interrupt(target: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the copy at one of the next pages, before or after the page is stored."""
    original, calls = target.import_page, 0

    async def import_page(page: Any, progress: Any) -> None:
        nonlocal calls
        calls += 1
        if calls < PAGES or progress.count % 2:
            await original(page, progress)
        if calls == PAGES:
            raise Interrupted

    monkeypatch.setattr(target, "import_page", import_page)


@pytest.mark.parametrize(("source", "target"), list(permutations(ENGINES, 2)))
async def test_R8_each_engine_is_copied_to_each_other_whatever_interrupts_it(
    tmp_path: Path, source: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGE", 100)
    one = await open_storage(await DATABASES[source](tmp_path / "source"))
    await fill_with_every_kind(one, 9)
    url, attempts, is_whole = await DATABASES[target](tmp_path / "target"), 0, False
    while not is_whole:
        attempts += 1
        other = await open_to_transfer(url)
        with monkeypatch.context() as interrupting:
            interrupt(other, interrupting)
            try:
                await copy_records(one, other, name="there")
                is_whole = True
            except Interrupted:
                await other.close()
    assert attempts > 2
    sums = await compare(one, other)
    assert await everything(other) == await everything(one)
    assert all(each.count for each in sums.values())
    await other.complete_import()
    await asyncio.gather(one.close(), other.close())


async def test_a_killed_copy_is_continued(tmp_path: Path) -> None:
    source = f"sqlite:///{tmp_path}/source.db"
    storage = await open_storage(source)
    pair = await make_pair(storage)
    for start in range(0, MESSAGES, 500):
        await send(storage, *(pair.draft(f"message {n}") for n in range(start, start + 500)))
    await storage.close()
    for target in (
        await database_for(tmp_path),
        await mariadb.database_for(tmp_path),
        on_mongodb(tmp_path),
    ):
        process, kills = begin(tmp_path, source, target), 0
        while process.poll() is None and kills < 4:
            await asyncio.sleep(1.2 + kills / 4)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                process = begin(tmp_path, source, target)
        output, errors = process.communicate(timeout=TIMEOUT)
        assert kills
        if "not empty" not in errors:  # or the last kill came after everything was copied
            assert process.returncode == 0, errors
            assert f"messages       {MESSAGES:,}" in output
        assert "not empty" in refused(tmp_path, source, target)


async def test_an_unfinished_copy_is_not_served(tmp_path: Path) -> None:
    source, target = f"sqlite:///{tmp_path}/source.db", f"sqlite:///{tmp_path}/target.db"
    storage = await open_storage(source)
    await make_pair(storage)
    await storage.close()
    copied(tmp_path, source, target)
    unfinished = '{"source":"sqlite:///elsewhere.db","kind":"users"}'
    with closing(sqlite3.connect(tmp_path / "target.db")) as database:
        database.execute("UPDATE instance SET imported_up_to = ?", [unfinished])
        database.commit()
    server = ServerProcess(tmp_path, database_url=target)
    with pytest.raises(RuntimeError, match=r"unfinished copy of sqlite:///elsewhere.db"):
        server.start()
    assert "unfinished copy of sqlite:///elsewhere" in refused(tmp_path, source, target)
    assert "itself an unfinished copy" in refused(tmp_path, target, f"sqlite:///{tmp_path}/new.db")


async def test_a_difference_is_named(tmp_path: Path) -> None:
    source, target = f"sqlite:///{tmp_path}/source.db", f"sqlite:///{tmp_path}/target.db"
    storage = await open_storage(source)
    pair = await make_pair(storage)
    await send(storage, pair.draft("one"), pair.draft("two"))
    await storage.close()
    copied(tmp_path, source, target)
    unfinished = f'{{"source":"{source}","kind":"attachments"}}'
    with closing(sqlite3.connect(tmp_path / "target.db")) as database:
        database.execute("UPDATE instance SET imported_up_to = ?", [unfinished])
        database.execute("UPDATE message SET body = 'other' WHERE body = 'two'")
        database.execute("DELETE FROM log WHERE position = 2")
        database.commit()
    refusal = refused(tmp_path, source, target)
    assert "messages: 2 (checksum" in refusal
    assert "log entries: 4 (checksum" in refusal
    assert "conversations" not in refusal


async def test_a_copy_refuses_databases_in_use(tmp_path: Path) -> None:
    free = f"sqlite:///{tmp_path}/free.db"
    for number, url in enumerate(
        (
            f"sqlite:///{tmp_path}/used/a.db",
            await database_for(tmp_path),
            await mariadb.database_for(tmp_path),
            on_mongodb(tmp_path),
        )
    ):
        folder = tmp_path / f"served-{number}"
        folder.mkdir()
        server = ServerProcess(folder, database_url=url)
        try:
            server.start()
            for source, target in ((url, free), (free, url)):
                if source == free:
                    await (await open_storage(free)).close()
                assert "in use by another server" in refused(tmp_path, source, target)
        finally:
            server.close()
        (tmp_path / "free.db").unlink()


async def test_invalid_databases_are_named(tmp_path: Path) -> None:
    here = f"sqlite:///{tmp_path}/here.db"
    assert "nothing to copy" in refused(tmp_path, here, f"sqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "here.db").exists()
    assert "--from: no database is called oracle" in refused(tmp_path, "oracle://x", here)
    assert "--to: a database URL starts with" in refused(tmp_path, here, "new.db")
    assert "the same database" in refused(tmp_path, here, f"sqlite:///{tmp_path}/./here.db")
    assert "nothing to copy" in refused(tmp_path, mongod.shared().url("void"), here)
