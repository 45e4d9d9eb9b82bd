"""Databases for tests on a PostgreSQL server, and private servers."""

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
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from backchannel.storage.opening import open_storage
from backchannel.storage.sql.postgresql import index
from backchannel.storage.sql.schema import metadata
from tests.support.database_pool import DatabasePool
from tests.support.process import TIMEOUT, free_port

MACHINES_SERVER = os.environ.get("TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432")
PREFIX = f"backchannel_test_{os.getpid()}"
TEMPLATE = f"{PREFIX}_template"

TABLES = (*metadata.tables, *index.metadata.tables)
CATALOGUE = """
SELECT md5(string_agg(entry, '|' ORDER BY entry)) FROM (
    SELECT concat_ws(' ', oid, relname, relowner, relacl, reloptions) FROM pg_class
        WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attcollation, attnotnull)
        FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT concat_ws(' ', oid, conname) FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', oid, tgname, tgenabled) FROM pg_trigger WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', oid, prosrc) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', oid, nspname, nspacl) FROM pg_namespace
    UNION ALL SELECT version_num FROM alembic_version
    UNION ALL SELECT concat_ws(' ', datacl, datconnlimit) FROM pg_database
        WHERE datname = current_database()
    UNION ALL SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting
        JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
) AS entries (entry)
"""
"""All but the rows: the same in a database as in its template, unless a test has changed it."""
RESTART = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"

_found: list[str] = []
_made: set[str] = set()
_catalogue: list[str] = []
"""The result of `CATALOGUE` in the template."""
_numbers = count()


async def database_for(
    folder: Path, options: str = "?pool_size=6", *, lasting: bool = False
) -> str:
    """The URL of the database that belongs to a folder, with all tables.

    A `lasting` one is kept for this folder until the tests end. Skips the test if there is no
    server.
    """
    name = await _pool.take(folder, lasting=lasting)
    return f"{await _server()}/{name}{options}"


def drop_databases(*, last: bool = False) -> None:
    """Empty the used databases, and remove changed ones; the last time, remove all."""
    if _made:
        asyncio.run(_drop(last=last))


async def _drop(*, last: bool) -> None:
    for name in _made - (set() if last else {TEMPLATE, *await _pool.give_back()}):
        await _run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _made.remove(name)


async def _copy_of_template() -> str:
    if TEMPLATE not in _made:
        _made.add(TEMPLATE)
        atexit.register(drop_databases, last=True)
        await _run(f'CREATE DATABASE "{TEMPLATE}"')
        await (await open_storage(f"{await _server()}/{TEMPLATE}")).close()
        async with _connected(TEMPLATE) as template:
            _catalogue.append(await template.fetchval(CATALOGUE))
    name = f"{PREFIX}_{next(_numbers)}"
    _made.add(name)
    await _run(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    return name


async def _is_as_template(name: str) -> bool:
    try:
        async with _connected(name) as used:
            return bool(await used.fetchval(CATALOGUE) == _catalogue[0])
    except asyncpg.PostgresError:  # it is gone, or accepts no connection
        return False


async def _empty(name: str) -> bool:
    """Delete the rows of a database; False if a test has changed more than rows."""
    if not await _is_as_template(name):
        return False
    async with _connected("postgres") as server:
        await server.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1", name
        )
    async with _connected(name) as emptied:
        # TRUNCATE would make and synchronise sixty files.
        deletions = "; ".join(f"DELETE FROM {table}" for table in TABLES)  # noqa: S608
        await emptied.execute(f"{deletions}; INSERT INTO instance DEFAULT VALUES; {RESTART}")
    return True


_pool = DatabasePool(_copy_of_template, _empty)


async def _server() -> str:
    """The machine's server, or a private one if it does not answer."""
    if not _found:
        try:
            await (await asyncpg.connect(f"{MACHINES_SERVER}/postgres", timeout=TIMEOUT)).close()
            _found.append(MACHINES_SERVER)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            if binaries() is None:
                pytest.skip(f"no PostgreSQL answers at {MACHINES_SERVER}: {error}")
            running = contextlib.ExitStack()
            atexit.register(running.close)
            _found.append(running.enter_context(instance()).url.removesuffix("/postgres"))
    return _found[0]


async def _run(statement: str) -> None:
    async with _connected("postgres") as server:
        await server.execute(statement)


@asynccontextmanager
async def _connected(name: str) -> AsyncGenerator[Any]:
    """A connection to the database of this name."""
    connection = await asyncpg.connect(f"{await _server()}/{name}", timeout=TIMEOUT)
    try:
        yield connection
    finally:
        await connection.close()


def binaries() -> Path | None:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path else None


class Instance:
    """A private PostgreSQL server, which the test may kill and freeze."""

    def __init__(self, folder: Path, programs: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"postgresql://tester@127.0.0.1:{self.port}/postgres"
        self._folder = folder
        self._programs = programs
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make its files. The server refuses to run as root, so they belong to another user."""
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        command = ["--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C"]
        subprocess.run(
            [self._programs / "initdb", *command, "-D", self._folder / "data"],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=TIMEOUT,
            **_other_user(),
        )

    def start(self) -> None:
        settings = {"port": self.port, "listen_addresses": "127.0.0.1"}
        settings |= {"unix_socket_directories": "", "shared_buffers": "16MB"}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self._folder / "data", *options, *self._options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **_other_user(),
        )
        ready = [str(self._programs / "pg_isready"), "-q", "-t", "1", "-h", "127.0.0.1"]
        for _ in range(int(TIMEOUT * 10)):
            if subprocess.run([*ready, "-p", str(self.port)], check=False).returncode == 0:
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise RuntimeError(f"PostgreSQL ended with {self._process.wait(0.1)}")
        raise RuntimeError("PostgreSQL does not answer")

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the server and each process that it has started."""
        assert self._process is not None
        for pid in [*_children(self._process.pid), self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Kill all its processes: a power cut, except that the kernel still writes its buffers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # so that it starts no more of them
        children = _children(self._process.pid)
        self._process.kill()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(TIMEOUT)
        self._process = None
        # The server cannot start while a process still has its shared memory.
        until = time.monotonic() + TIMEOUT
        while any(map(_is_running, children)):
            assert time.monotonic() < until
            time.sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self.signal_all(signal.SIGCONT)
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(TIMEOUT)
                self._process = None
        if self._process is not None:
            self.kill()


@contextmanager
def instance(*options: str) -> Generator[Instance]:
    """A running private server, with options of its program."""
    programs = binaries()
    assert programs is not None
    # Not below pytest's folders, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="backchannel-postgresql-") as folder:
        made = Instance(Path(folder), programs, *options)
        made.make()
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []


def _is_running(pid: int) -> bool:
    """True for a process that exists and is not a zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def _other_user() -> dict[str, Any]:
    if sys.platform != "linux" or os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres"}
