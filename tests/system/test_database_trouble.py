"""Failures of a database server are reported clearly, each in one line."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import mariadb, mongod, postgresql
from tests.support.native import Device, register
from tests.support.postgresql import binaries, database_for, drop_databases, instance
from tests.support.process import TIMEOUT, ServerProcess, server_process

pytestmark = [pytest.mark.service, pytest.mark.slow]

REPORTING = {
    "backchannel.storage",
    "backchannel.chat.erasures",
    "backchannel.chat.maintenance",
    "backchannel.chat.receipts",
    "backchannel.delivery.connection_manager",
}
"""The parts that each say once that the database is away."""


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    drop_databases()


def backchannel(
    folder: Path, url: str, *words: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backchannel", *words],
        env={
            "PATH": os.environ["PATH"],
            "BACKCHANNEL_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": url,
        },
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_that_reads_makes_no_tables(tmp_path: Path) -> None:
    server = mongod.shared()
    url = server.url("unread")
    for words in (["user", "list"], ["user", "disable", "ada"], ["user", "delete", "ada"]):
        done = backchannel(tmp_path, url, *words)
        assert done.returncode == 1
        assert "there is nothing in mongodb://" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    with server.client() as client:
        assert client["unread"].list_collection_names() == []
    made = backchannel(tmp_path, url, "user", "add", "ada", given="mist over the harbour\n")
    assert made.returncode == 0, made.stderr
    assert "ada" in backchannel(tmp_path, url, "user", "list").stdout
    with server.client() as client:
        client.drop_database("unread")


async def test_a_command_that_reads_makes_no_tables_on_postgresql(tmp_path: Path) -> None:
    if binaries() is None:
        pytest.skip("there is no PostgreSQL to start: install postgresql")
    with instance() as server:
        done = await asyncio.to_thread(backchannel, tmp_path, server.url, "user", "list")
        assert done.returncode == 1
        assert "there is nothing in postgresql://" in done.stderr


async def test_no_confirmation_is_asked_for_an_unknown_user(tmp_path: Path) -> None:
    url = await database_for(tmp_path)
    done = await asyncio.to_thread(backchannel, tmp_path, url, "user", "delete", "nobody")
    assert done.returncode == 1
    assert "[y/N]" not in done.stderr
    assert "no user is called nobody" in done.stderr or "not found" in done.stderr


async def test_refused_backups_name_the_tools_of_the_database(tmp_path: Path) -> None:
    urls = {
        "postgresql://db.example.org/chat": ("pg_dump", "pg_restore", "next start notices"),
        "mariadb://db.example.org/chat": ("mariadb-dump", "mariadb ", "next start notices"),
        "mongodb://db.example.org/chat": ("mongodump", "mongorestore --drop", "mark-restored"),
    }
    for url, (backup, restore, epochs) in urls.items():
        told = backchannel(tmp_path, url, "backup", "copy").stderr
        assert backup in told
        assert restore not in told
        told = backchannel(tmp_path, url, "restore", "copy").stderr
        assert restore in told
        assert epochs in told


def test_errors_of_the_mongodb_driver_are_one_line(tmp_path: Path) -> None:
    away = backchannel(tmp_path, "mongodb://ada:geheim@127.0.0.1:9/chat", "migrate")
    assert away.returncode == 1
    assert len(away.stderr) < 160
    refused = "MongoDB cannot be reached at 127.0.0.1:9: the connection was refused;"
    assert away.stderr.startswith(f"backchannel: {refused}")
    assert "Topology" not in away.stderr
    assert "geheim" not in away.stderr


async def test_the_banner_names_the_database_without_its_password(tmp_path: Path) -> None:
    url = (await database_for(tmp_path)).replace("postgres@", "postgres:hush-hush@")
    with server_process(tmp_path, database_url=url) as server:
        log = server.log.read_text()
        assert "database    postgresql://***@127.0.0.1:5432/" in log
        assert "hush" not in log


@contextmanager
def killable(engine: str, folder: Path) -> Iterator[Any]:
    """A running private database."""
    if engine == "mongodb":
        server = mongod.Mongod(folder)
        try:
            server.start()
            yield server, server.url("chat")
        finally:
            server.stop()
        return
    module = postgresql if engine == "postgresql" else mariadb
    if module.binaries() is None:
        pytest.skip(f"there is no {engine} to start: install it")
    with module.instance() as database:
        yield database, database.url


@asynccontextmanager
async def conversation(
    engine: str, folder: Path, data: Path
) -> AsyncIterator[tuple[Any, ServerProcess, Device, Device]]:
    """A database that can be killed, its server, and the devices of two users who have chatted."""
    with ExitStack() as opened:
        own = killable(engine, folder)
        database, url = await asyncio.to_thread(opened.enter_context, own)
        server = opened.enter_context(server_process(data, database_url=url))
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        one, other = Device(server.socket_address, ada), Device(server.socket_address, bob)
        await one.open()
        await other.open()
        await one.send(bob, "before", "before")
        await other.until(1)
        yield database, server, one, other


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "mongodb"])
async def test_R9_a_database_outage_writes_few_log_lines(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, engine: str
) -> None:
    folder = tmp_path_factory.mktemp("database")
    async with conversation(engine, folder, tmp_path) as (database, server, one, other):
        started = len(server.log.read_text().splitlines())
        database.kill()
        await other.acknowledge()  # a receipt that is not written yet
        await other.close()  # the time at which bob was last seen
        away: list[str] = []
        until = time.monotonic() + TIMEOUT
        for number in itertools.count():
            refused = await one.send(other.person, "away", f"{number}")
            assert (refused["type"], refused["code"]) == ("error", "unavailable")
            assert refused["retry_after"]
            await asyncio.sleep(0.4)
            away = server.log.read_text().splitlines()[started:]
            if number >= 20 and len(away) >= len(REPORTING):
                break
            assert time.monotonic() < until, away
        await asyncio.to_thread(database.start)
        until = time.monotonic() + TIMEOUT
        while server.log.read_text().count("succeeds again") < 4:
            assert time.monotonic() < until, server.log.read_text()
            await asyncio.sleep(0.2)
        told = Counter(line.rpartition("[")[2].rstrip("]") for line in away)
        assert told == dict.fromkeys(REPORTING, 1), away
        # A connection may turn out to be broken only when it is used.
        while (await one.send(other.person, "after", "after"))["type"] != "ack":
            assert time.monotonic() < until
            await asyncio.sleep(0.2)
        await one.close()


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "mongodb"])
async def test_R12_a_server_stops_while_its_database_is_unavailable(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, engine: str
) -> None:
    folder = tmp_path_factory.mktemp("database")
    async with conversation(engine, folder, tmp_path) as (database, server, one, other):
        database.kill()
        await other.acknowledge()  # a receipt that is not written yet
        await other.close()
        await one.close()
        assert await asyncio.to_thread(server.stop) == 0
        assert "the last receipts are not stored" in server.log.read_text()


async def test_a_dropped_mongodb_database_is_no_longer_used(tmp_path: Path) -> None:
    database = mongod.shared()
    with server_process(tmp_path, database_url=database.url("dropped")) as server:
        ada = await register(server.address, "ada")
        with database.client() as client:
            client.drop_database("dropped")
        async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
            assert (await http.get("/readyz")).status_code == 503
            for _ in range(3):
                refused = await http.patch("/v1/me", json={"display_name": "Ada"})
                assert refused.status_code == 503, refused.text
            assert "dropped" not in refused.text
        log = server.log.read_text()
        assert log.count("was dropped") == 1
        assert "restart this server" in log
        server.stop()
        server.start()
        await register(server.address, "ada")
    with database.client() as client:
        client.drop_database("dropped")


async def test_a_recreated_postgresql_database_is_no_longer_used(tmp_path: Path) -> None:
    if binaries() is None:
        pytest.skip("there is no PostgreSQL to start: install postgresql")
    import asyncpg  # noqa: PLC0415

    with instance() as database:
        url = database.url.replace("/postgres", "/chat")
        connection = await asyncpg.connect(database.url)
        await connection.execute("CREATE DATABASE chat")
        with server_process(tmp_path, database_url=url) as server:
            await connection.execute("DROP DATABASE chat WITH (FORCE)")
            await connection.execute("CREATE DATABASE chat")
            until = time.monotonic() + TIMEOUT
            while "dropped and created anew" not in server.log.read_text():
                assert time.monotonic() < until, server.log.read_text()
                await asyncio.sleep(0.2)
            server.stop()
            server.start()
            await register(server.address, "ada")
        await connection.close()
