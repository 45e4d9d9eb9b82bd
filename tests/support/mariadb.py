"""Databases for tests on a MariaDB server, and private servers."""

import asyncio
import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from asyncmy import errors

from backchannel.storage.opening import open_storage
from backchannel.storage.sql.mysql import index
from backchannel.storage.sql.mysql.address import address_of
from backchannel.storage.sql.mysql.driver import Driver, connect
from backchannel.storage.sql.schema import metadata
from tests.support.database_pool import DatabasePool
from tests.support.process import free_port

MACHINES_SERVER = os.environ.get("TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306")
CannotConnect = (errors.Error, TimeoutError)
PREFIX = f"backchannel_test_{os.getpid()}"
PATIENCE = 120.0
TABLES = (*metadata.tables, *index.metadata.tables)

_found: list[str] = []
_numbers = count()
_made: set[str] = set()
_users: set[str] = set()


async def database_for(
    folder: Path, options: str = "?pool_size=6", *, lasting: bool = False
) -> str:
    """The URL of the database that belongs to a folder, with all tables.

    A `lasting` one is kept for this folder until the tests end. Skips the test if there is no
    server.
    """
    name = await _pool.take(folder, lasting=lasting)
    return f"{await _server()}/{name}{options}"


async def empty_database(options: str = "?pool_size=6") -> str:
    """The URL of another database, without tables, which is removed after the test."""
    name = f"{PREFIX}_{next(_numbers)}"
    if not _made:
        atexit.register(drop_databases, last=True)
    _made.add(name)
    await _run(f"CREATE DATABASE {name}")
    return f"{await _server()}/{name}{options}"


def drop_databases(*, last: bool = False) -> None:
    """Empty the used databases and remove the others; the last time, remove all."""
    asyncio.run(_drop(last=last))


async def _drop(*, last: bool) -> None:
    for name in _made - (set() if last else await _pool.give_back()):
        await _run(f"DROP DATABASE IF EXISTS {name}")
        _made.remove(name)
    while _users:
        await _run(f"DROP USER {_users.pop()}")


async def _with_tables() -> str:
    url = await empty_database("")
    await (await open_storage(url)).close()
    return url.rpartition("/")[2]


async def _empty(name: str) -> bool:
    deletions = [f"DELETE FROM {name}.{table}" for table in TABLES]  # noqa: S608
    await _run(*deletions, f"INSERT INTO {name}.instance () VALUES ()")  # noqa: S608
    return True


_pool = DatabasePool(_with_tables, _empty)


async def with_password(url: str, password: str) -> str:
    """The URL of the database for a user who has a password, and rights to nothing else."""
    address = address_of(url)
    user = f"{address.database}_user"
    driver = await connected(url)
    for statement in (
        f"CREATE OR REPLACE USER {user} IDENTIFIED BY '{password}'",
        f"GRANT ALL ON {address.database}.* TO {user}",
    ):
        await driver.execute(statement)
    driver.terminate()
    _users.add(user)
    return f"mariadb://{user}:{password}@{url.partition('@')[2]}"


async def connected(url: str) -> Driver:
    """A connection of another program, without a time limit."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await connect(address_of(url))
        except TimeoutError:
            if time.monotonic() > until:
                raise


async def _server() -> str:
    """The machine's server, or a private one if it does not answer."""
    if not _found:
        try:
            (await connected(f"{MACHINES_SERVER}/mysql")).terminate()
            _found.append(MACHINES_SERVER)
        except CannotConnect as error:
            if binaries() is None:
                pytest.skip(f"no MariaDB answers at {MACHINES_SERVER}: {error}")
            running = contextlib.ExitStack()
            atexit.register(running.close)
            _found.append(running.enter_context(instance()).url.removesuffix("/chat"))
    return _found[0]


async def _run(*statements: str) -> None:
    driver = await connected(f"{await _server()}/mysql")
    try:
        async with driver.transaction():
            for statement in statements:
                await driver.execute(statement)
    finally:
        driver.terminate()


def binaries() -> tuple[str, str] | None:
    """The server's program, and the program that makes its files."""
    server = shutil.which("mariadbd", path=_path())
    maker = shutil.which("mariadb-install-db", path=_path())
    return (server, maker) if server and maker else None


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


class Instance:
    """A private MariaDB server, which the test may kill and freeze."""

    def __init__(self, folder: Path, server: str, maker: str, *options: str) -> None:
        self.port = free_port()
        self.url = f"mysql://tester@127.0.0.1:{self.port}/chat"
        self._folder = folder
        self._server = server
        self._maker = maker
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make its files. The server refuses to run as root, so they belong to another user."""
        if os.geteuid() == 0:
            shutil.chown(self._folder, "mysql", "mysql")
        subprocess.run(
            [
                self._maker,
                "--no-defaults",
                f"--datadir={self._folder / 'data'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            **_other_user(),
        )
        first = self._folder / "first.sql"
        first.write_text(
            "CREATE DATABASE IF NOT EXISTS chat;\n"
            "CREATE USER IF NOT EXISTS tester@'127.0.0.1';\n"
            "GRANT ALL ON *.* TO tester@'127.0.0.1';\n"
        )
        first.chmod(0o644)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                self._server,
                "--no-defaults",
                f"--datadir={self._folder / 'data'}",
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                f"--socket={self._folder / 'socket'}",
                f"--pid-file={self._folder / 'pid'}",
                f"--init-file={self._folder / 'first.sql'}",
                "--innodb-buffer-pool-size=32M",
                "--innodb-log-file-size=32M",
                *self._options,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **_other_user(),
        )
        for _ in range(int(PATIENCE * 10)):
            if asyncio.run(self._answers()):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise RuntimeError(f"MariaDB ended with {self._process.wait(0.1)}")
        raise RuntimeError("MariaDB does not answer")

    async def _answers(self) -> bool:
        try:
            (await connected(self.url)).terminate()
        except CannotConnect:
            return False
        return True

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the server, which is one process."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill all its processes: a power cut, except that the kernel still writes its buffers."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE)
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self.signal_all(signal.SIGCONT)
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
                self._process = None
        if self._process is not None:
            self.kill()


@contextmanager
def instance(*options: str) -> Generator[Instance]:
    """A running private server, with options of its program."""
    programs = binaries()
    assert programs is not None
    # Not below pytest's folders, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="backchannel-mariadb-") as folder:
        made = Instance(Path(folder), *programs, *options)
        made.make()
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _other_user() -> dict[str, Any]:
    if sys.platform != "linux" or os.geteuid() != 0:
        return {}
    return {"user": "mysql", "group": "mysql"}
