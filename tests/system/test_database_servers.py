"""The whole server on a database server, in every dialect: only the URL differs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from tests.support import mariadb, postgresql
from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ALL
from tests.support.plain_socket import Person, log_in, register
from tests.support.process import TIMEOUT, ServerProcess, server_process

pytestmark = [pytest.mark.service, pytest.mark.slow]


SERVERS = {"PostgreSQL": postgresql, "MariaDB": mariadb}


@pytest.fixture(params=SERVERS)
def title(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param
    SERVERS[request.param].drop_databases()


def as_chat_server(server: ServerProcess) -> ChatServer:
    """The server's addresses are all that clients ask for."""
    return cast("ChatServer", server)


async def bodies(server: ServerProcess, person: Person) -> list[str]:
    async with httpx.AsyncClient(base_url=server.address, headers=person.headers) as http:
        (only,) = (await http.get("/v1/conversations")).raise_for_status().json()["items"]
        page = await http.get(f"/v1/conversations/{only['id']}/messages?limit=100")
        return [each["body"] for each in page.raise_for_status().json()["items"]]


async def test_every_dialect_talks_and_finds_its_history_after_a_restart(
    title: str, tmp_path: Path
) -> None:
    url = await SERVERS[title].database_for(tmp_path)
    with server_process(tmp_path, database_url=url) as server:
        ada, bob = (
            await register(as_chat_server(server), "ada"),
            await register(as_chat_server(server), "bob"),
        )
        for dialect in ALL:
            async with (
                dialect.open(as_chat_server(server), ada) as ada_client,
                dialect.open(as_chat_server(server), bob) as bob_client,
            ):
                await dialect.send(ada_client, bob, dialect.name)
                assert (await dialect.receive(bob_client))[1] == dialect.name
        assert sorted(await bodies(server, bob)) == sorted(dialect.name for dialect in ALL)
        server.kill()
        server.start()
        assert (await log_in(as_chat_server(server), "ada")).id == ada.id
        assert sorted(await bodies(server, bob)) == sorted(dialect.name for dialect in ALL)
        async with ALL[-1].open(as_chat_server(server), ada) as ada_client:
            await ALL[-1].send(ada_client, bob, "once more")
        assert "once more" in await bodies(server, bob)


async def url_with_password(title: str, folder: Path) -> str:
    url: str = await SERVERS[title].database_for(folder)
    if title == "MariaDB":
        return await mariadb.with_password(url, "hush-hush")
    return url.replace("postgres@", "postgres:hush-hush@")


async def test_commands_work_on_a_database_server(title: str, tmp_path: Path) -> None:
    url = await url_with_password(title, tmp_path)
    environment = {"DATABASE_URL": url, "BACKCHANNEL_DATA_DIR": str(tmp_path / "data")}

    def run(*command: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "backchannel", *command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "hush-hush" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    assert f"up to date: {url.partition('//')[0]}//" in run("migrate")
    assert title in run("doctor")
    assert "ada" not in run("user", "list")
    assert title in run("backup", str(tmp_path / "copy"), code=1)
