"""Poolers between the server and PostgreSQL: only session pooling is accepted."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from backchannel.storage import CannotOpen
from backchannel.storage.opening import begin_epochs, open_storage
from backchannel.storage.sql.postgresql import requirements
from backchannel.storage.sql.postgresql.driver import Driver, address_of, connect
from backchannel.storage.sql.postgresql.requirements import require_sessions
from tests.storage.people import bodies, make_pair, send
from tests.support.postgresql import database_for
from tests.support.process import free_port

pytestmark = pytest.mark.service

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
INI = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listening}
auth_type = any
auth_file = {folder}/users
pool_mode = {mode}
unix_socket_dir =
"""


class Pooled:
    """A connection through a pooler: its process id is not that of the backend."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def get_server_pid(self) -> int:
        return 0

    def terminate(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


async def test_connections_that_are_shared_between_transactions_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of(await database_for(tmp_path))
    only = await connect(address)
    await require_sessions(only, address)
    await require_sessions(Pooled(only), address)  # the other connection is another process

    async def the_same(_: object) -> Driver:
        return Pooled(only)

    monkeypatch.setattr(requirements, "connect", the_same)
    with pytest.raises(CannotOpen, match="pool_mode = session"):
        await require_sessions(Pooled(only), address)
    only.terminate()


@contextmanager
def pooler(folder: Path, server: str, mode: str) -> Iterator[str]:
    """The address of a PgBouncer in front of a server."""
    assert PGBOUNCER is not None
    parts, listening = urlsplit(server), free_port()
    ini, users = folder / "ini", folder / "users"
    ini.write_text(
        INI.format(
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            listening=listening,
            folder=folder,
            mode=mode,
        )
    )
    users.write_text(f'"{parts.username}" ""\n')
    as_root = sys.platform == "linux" and os.geteuid() == 0
    if as_root:
        for each in (folder, ini, users):
            shutil.chown(each, "nobody")
    command = [PGBOUNCER, "--quiet", str(ini)]
    with subprocess.Popen(command, user="nobody" if as_root else None) as process:
        try:
            yield f"{parts.username}@127.0.0.1:{listening}"
        finally:
            process.terminate()


async def until_it_answers(url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await (await asyncpg.connect(url)).close()
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.skipif(PGBOUNCER is None, reason="no PgBouncer is installed: apt install pgbouncer")
@pytest.mark.parametrize("mode", ["session", "transaction"])
async def test_a_pooler_keeps_sessions_or_is_refused(tmp_path: Path, mode: str) -> None:
    direct = await database_for(tmp_path)
    # Another user than root may not enter pytest's folders.
    with (
        tempfile.TemporaryDirectory(prefix="backchannel-pooler-") as folder,
        pooler(Path(folder), direct, mode) as address,
    ):
        url = f"postgresql://{address}{urlsplit(direct).path}"
        await until_it_answers(url)
        if mode == "transaction":
            for operation in (open_storage(url), begin_epochs(url)):
                with pytest.raises(CannotOpen, match="connect to PostgreSQL directly"):
                    await operation
            return
        storage = await open_storage(url, serving=True)
        pair = await make_pair(storage)
        await send(storage, pair.draft("through a pooler"))
        assert await bodies(storage, pair.id) == ["through a pooler"]
        await storage.close()
