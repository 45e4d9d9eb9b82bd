"""S23: backups are made while the server runs, and restored whole or not at all."""

import asyncio
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import Result

from backchannel.cli.backup import folder as layout
from backchannel.cli.backup import making
from backchannel.cli.backup.folder import FILES, digest_of
from tests.cli.conftest import TIMEOUT
from tests.support.native import Device, Person, register
from tests.support.process import ServerProcess, server_process
from tests.system.test_conversation import history

Invoke = Callable[..., Result]
MESSAGES = 40


@pytest.fixture
def running(folder: Path) -> Iterator[ServerProcess]:
    with server_process(folder) as server:
        yield server


async def talk(server: ServerProcess, sender: Person, to: Person, texts: list[str]) -> None:
    writer = Device(server.socket_address, sender)
    await writer.open()
    for text in texts:
        assert (await writer.send(to, text, text))["type"] == "ack"
    await writer.close()


def client_of(server: ServerProcess, person: Person) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.address, headers=person.headers, timeout=TIMEOUT)


async def upload(server: ServerProcess, person: Person, content: bytes) -> str:
    """Upload a text file; its id."""
    async with client_of(server, person) as http:
        answer = await http.post("/v1/files", files={"file": ("note.txt", content, "text/plain")})
    file_id: str = answer.raise_for_status().json()["id"]
    return file_id


async def read(server: ServerProcess, person: Person, file_id: str) -> bytes:
    async with client_of(server, person) as http:
        return (await http.get(f"/v1/files/{file_id}")).raise_for_status().content


async def two_people(server: ServerProcess) -> tuple[Person, Person]:
    return await register(server.address, "ada"), await register(server.address, "bob")


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its digest."""
    return {
        str(path.relative_to(folder)): digest_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock" and not path.name.endswith("-lock")
    }


async def test_S23_a_backup_under_load_is_whole_and_restores_what_was_acknowledged_before_it(
    running: ServerProcess, invoke: Invoke, folder: Path
) -> None:
    ada, bob = await two_people(running)
    before = [f"before {number}" for number in range(MESSAGES)]
    await talk(running, ada, bob, before)
    file_id = await upload(running, ada, b"a note, kept")
    loading = asyncio.create_task(
        talk(running, bob, ada, [f"meanwhile {number}" for number in range(4 * MESSAGES)])
    )
    made = await asyncio.to_thread(invoke, "backup", "saved", "--data-dir", "data")
    await loading
    assert "token.key is in it" in made.output
    assert (folder / "saved/data/token.key").exists()
    assert "complete: made" in invoke("backup", "saved", "--verify").output
    assert not [path for path in (folder / "saved").rglob("*") if path.suffix == ".part"]
    for path in (folder / "saved").rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path

    await talk(running, ada, bob, ["after"])
    refused = invoke("restore", "saved", "--data-dir", "data", "--yes", code=1)
    assert "in use by another server" in str(refused.exception)
    running.stop()
    invoke("restore", "saved", "--data-dir", "data", "--yes")
    running.start()
    assert "has changed since it was last used" in running.log.read_text()
    stored = await history(running, ada, bob)
    assert set(before) <= set(stored)
    assert "after" not in stored
    assert await read(running, ada, file_id) == b"a note, kept"
    device = Device(running.socket_address, bob, epoch="another", position=10_000)
    await device.open()
    assert (await device.frame("reset"))["reason"] == "epoch_changed"
    await device.close()


async def test_S23_an_interrupted_backup_can_be_resumed(
    running: ServerProcess, invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, _ = await two_people(running)
    for number in range(3):
        await upload(running, ada, b"%d" % number)
    copies: list[Path] = []
    copy = layout.copy_private

    def interrupted(source: Path, target: Path) -> str:
        if "files" in target.parts:
            copies.append(target)
        if len(copies) == 2:
            raise OSError(28, "No space left on device", str(target))
        return copy(source, target)

    monkeypatch.setattr(making, "copy_private", interrupted)
    invoke("backup", "saved", "--data-dir", "data", code=1)
    assert "not a complete backup" in str(invoke("backup", "saved", "--verify", code=1).exception)
    invoke("backup", "saved", "--data-dir", "data")
    # The first of the three was copied once.
    assert len(copies) == 4
    assert len(list((folder / "saved" / FILES).rglob("*-*"))) == 3
    again = invoke("backup", "saved", "--data-dir", "data", code=1)
    assert "complete backup already" in str(again.exception)


async def test_S23_damaged_contents_are_named_and_the_rest_is_backed_up(
    running: ServerProcess, invoke: Invoke, folder: Path
) -> None:
    ada, bob = await two_people(running)
    await talk(running, ada, bob, ["kept"])
    file_id = await upload(running, ada, b"a note")
    (content,) = (folder / "data/files").rglob(file_id)
    content.write_bytes(b"b note")
    damaged = invoke("backup", "saved", "--data-dir", "data", code=1)
    assert f"{content} is damaged" in damaged.stderr
    assert "1 messages" in invoke("backup", "saved", "--verify").output


def test_S23_a_backup_into_a_folder_with_other_files_is_refused(
    running: ServerProcess, invoke: Invoke, folder: Path
) -> None:
    del running
    (folder / "photos").mkdir()
    (folder / "photos/one.jpg").touch()
    refused = invoke("backup", "photos", "--data-dir", "data", code=1)
    assert "is not empty" in str(refused.exception)
