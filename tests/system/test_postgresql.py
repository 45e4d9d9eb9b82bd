"""One URL is all that changes: the whole server on PostgreSQL, in every dialect."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Person, enrol, log_in
from tests.support.postgresql import database_for, drop_databases
from tests.support.process import ServerProcess, server_process
from tests.support.tongues import ALL

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    drop_databases()


def door(server: ServerProcess) -> ChatServer:
    """The server's addresses are all that clients ask for."""
    return cast("ChatServer", server)


async def bodies(server: ServerProcess, person: Person) -> list[str]:
    async with httpx.AsyncClient(base_url=server.address, headers=person.headers) as http:
        (only,) = (await http.get("/v1/conversations")).raise_for_status().json()["items"]
        page = await http.get(f"/v1/conversations/{only['id']}/messages?limit=100")
        return [each["body"] for each in page.raise_for_status().json()["items"]]


async def test_every_dialect_talks_and_finds_its_history_after_a_restart(tmp_path: Path) -> None:
    url = await database_for(tmp_path)
    with server_process(tmp_path, database_url=url) as server:
        ada, bob = await enrol(door(server), "ada"), await enrol(door(server), "bob")
        for tongue in ALL:
            async with tongue.open(door(server), ada) as a, tongue.open(door(server), bob) as b:
                await tongue.say(a, bob, tongue.name)
                assert (await tongue.hear(b))[1] == tongue.name
        assert sorted(await bodies(server, bob)) == sorted(tongue.name for tongue in ALL)
        server.kill()
        server.start()
        assert (await log_in(door(server), "ada")).id == ada.id
        assert sorted(await bodies(server, bob)) == sorted(tongue.name for tongue in ALL)
        async with ALL[-1].open(door(server), ada) as a:
            await ALL[-1].say(a, bob, "once more")
        assert "once more" in await bodies(server, bob)


async def test_commands_work_on_it(tmp_path: Path) -> None:
    url = (await database_for(tmp_path)).replace("postgres@", "postgres:hush-hush@")
    environment = {"DATABASE_URL": url, "BACKCHANNEL_DATA_DIR": str(tmp_path / "data")}

    def run(*command: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "backchannel", *command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "hush-hush" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "up to date: postgresql://" in run("migrate")
    assert "PostgreSQL" in run("doctor")
    assert "ada" not in run("user", "list")
    assert "pg_dump" in run("backup", str(tmp_path / "copy"), code=1)
