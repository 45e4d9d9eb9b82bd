"""A real server process on MongoDB, and the commands beside it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from backchannel.storage.mongodb.migrating import STEPS
from tests.support.mongod import Mongod
from tests.support.native import Device, register
from tests.support.process import server_process

pytestmark = [pytest.mark.service, pytest.mark.slow]

TIMEOUT = 60


def command(folder: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """`backchannel` with these words on the data of the folder."""
    settings = {"DATABASE_URL": url, "BACKCHANNEL_DATA_DIR": str(folder / "data")}
    return subprocess.run(
        [sys.executable, "-m", "backchannel", *words],
        env=settings,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_R9_the_server_survives_an_outage_of_its_database(tmp_path: Path) -> None:
    database = Mongod(tmp_path / "mongod")
    database.start()
    url = database.url("chat")
    try:
        with server_process(tmp_path, database_url=url) as server:
            ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
            one, other = Device(server.socket_address, ada), Device(server.socket_address, bob)
            await one.open()
            await other.open()
            assert (await one.send(bob, "before", "1"))["type"] == "ack"
            database.kill()
            refused = await one.send(bob, "meanwhile", "2")
            assert (refused["type"], refused["code"]) == ("error", "unavailable")
            async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
                answer = await http.get("/v1/conversations")
                assert answer.status_code == 503
                assert int(answer.headers["Retry-After"]) >= 1
            await asyncio.to_thread(database.start)
            async with asyncio.timeout(TIMEOUT):
                # The server does not announce that its database is back.
                while (await one.send(bob, "meanwhile", "2"))["type"] != "ack":  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            await other.until(2)
            assert other.texts == ["before", "meanwhile"]
            await one.close()
            await other.close()
            server.kill()
            server.start()
            await other.open()
            assert (await other.send(ada, "after", "3"))["type"] == "ack"
            await other.close()
            assert command(tmp_path, url, "user", "list").stdout.count("\n") >= 2
    finally:
        database.stop()


def test_commands_work_on_mongodb_or_name_an_alternative(tmp_path: Path) -> None:
    database = Mongod(tmp_path / "mongod")
    database.start()
    url = database.url("chat").replace("//", "//ada:geheim@").replace("?", "?authMechanism=x&")
    plain = database.url("chat")
    try:
        assert "no schema yet" in command(tmp_path, plain, "doctor").stdout
        done = command(tmp_path, plain, "migrate")
        assert (done.returncode, done.stderr) == (0, "")
        assert command(tmp_path, plain, "config", "check").stdout == "settings OK\n"
        assert f"schema {len(STEPS)}" in command(tmp_path, plain, "doctor").stdout
        for words, tool in (
            (["backup", "copy"], "mongodump"),
            (["restore", "copy", "--yes"], "mongorestore --drop"),
        ):
            refused = command(tmp_path, plain, *words)
            assert refused.returncode == 1
            assert tool in refused.stderr
        assert "starts afresh" in command(tmp_path, plain, "mark-restored").stdout
        shown = command(tmp_path, url, "config", "show")
        assert "geheim" not in shown.stdout + shown.stderr
    finally:
        database.stop()
    away = command(tmp_path, plain, "migrate")
    assert away.returncode == 1
    assert away.stderr.startswith("backchannel: MongoDB cannot be reached")
