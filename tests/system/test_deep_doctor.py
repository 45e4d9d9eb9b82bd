"""R18: `doctor --deep` reads every message and every file on every database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import asyncpg
import msgspec
import pytest

from backchannel.domain.files import FileRecord, Upload
from backchannel.domain.ids import new_id
from backchannel.files.local import place_of
from backchannel.storage.opening import open_storage
from tests.storage.people import AT, make_pair, send
from tests.support import mariadb, mongod
from tests.support.engines import drop_databases
from tests.support.postgresql import database_for

pytestmark = [pytest.mark.service, pytest.mark.slow]

CONTENT = b"a file"


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    drop_databases()


def doctor(folder: Path, url: str) -> str:
    """The findings about the contents."""
    done = subprocess.run(
        [sys.executable, "-m", "backchannel", "doctor", "--deep"],
        env={
            "PATH": os.environ["PATH"],
            "BACKCHANNEL_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": url,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line[6:].startswith("contents"))
    return line


async def filled(folder: Path, url: str) -> tuple[str, Path]:
    """A conversation of three messages, and the path of a file's content."""
    storage = await open_storage(url)
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(f"message {n}") for n in range(3)))
    begun = Upload(id=new_id(), owner_id=pair.ada, name="f", media_type="", size=6, created_at=AT)
    await storage.create_upload(begun, quota=60)
    digest = sha256(CONTENT).hexdigest()
    record = FileRecord(
        **msgspec.structs.asdict(begun), sha256=digest, blocks=digest, upload_size=len(CONTENT)
    )
    await storage.finish_upload(record)
    await storage.close()
    content = folder / "data" / "files" / place_of(begun.id)
    content.parent.mkdir(parents=True)
    content.write_bytes(CONTENT)
    return pair.id, content


async def test_R18_doctor_deep_finds_damage_on_postgresql(tmp_path: Path) -> None:
    url = await database_for(tmp_path)
    conversation_id, content = await filled(tmp_path, url)
    assert "every message and every local file is whole" in doctor(tmp_path, url)
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("UPDATE message SET body = 'other' WHERE seq = 2")
    await connection.close()
    content.write_bytes(b"a lie!")
    found = doctor(tmp_path, url)
    assert found.startswith("fail")
    assert f"message 2 of conversation {conversation_id} is damaged" in found
    assert f"{content} is damaged" in found


async def test_R18_doctor_deep_finds_damage_on_mariadb(tmp_path: Path) -> None:
    url = await mariadb.database_for(tmp_path)
    conversation_id, content = await filled(tmp_path, url)
    assert "every message and every local file is whole" in doctor(tmp_path, url)
    driver = await mariadb.connected(url)
    await driver.execute("UPDATE message SET body = 'other' WHERE seq = 1")
    driver.terminate()
    content.write_bytes(CONTENT[:-1])
    found = doctor(tmp_path, url)
    assert found.startswith("fail")
    assert f"message 1 of conversation {conversation_id} is damaged" in found
    assert f"{content} is damaged" in found


async def test_R18_doctor_deep_finds_damage_on_mongodb(tmp_path: Path) -> None:
    server = mongod.shared()
    server.empty_for(str(tmp_path), "doctored")
    url = server.url("doctored")
    conversation_id, content = await filled(tmp_path, url)
    assert "every message and every local file is whole" in doctor(tmp_path, url)
    with server.client() as client:
        query = {"_id": {"conversation": conversation_id, "seq": 3}}
        client["doctored"]["backchannel.messages"].update_one(query, {"$set": {"body": "other"}})
    content.unlink()
    found = doctor(tmp_path, url)
    assert found.startswith("fail")
    assert f"message 3 of conversation {conversation_id} is damaged" in found
    assert str(content) in found


async def test_an_empty_or_outdated_database_is_not_touched(tmp_path: Path) -> None:
    server = mongod.shared()
    assert "nothing is there yet" in doctor(tmp_path, server.url("empty"))
    with server.client() as client:
        assert client["empty"].list_collection_names() == []
    url = await database_for(tmp_path)
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("UPDATE alembic_version SET version_num = '0013'")
    found = await asyncio.to_thread(doctor, tmp_path, url)
    assert "not looked at" in found
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0013"
    await connection.close()
