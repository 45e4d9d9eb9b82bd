"""S23: a backup is restored whole or not at all."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backchannel.cli.backup import restoring
from backchannel.cli.backup.folder import DATABASE, FILES, SUMS, copy_private, digest_of
from backchannel.cli.main import cli
from tests.cli.test_backup import read, talk, tree, two_people, upload
from tests.support.process import ServerProcess, server_process
from tests.system.test_conversation import history

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of a server that continued after its backup; the backup is beside them."""
    folder = tmp_path_factory.mktemp("template")

    async def fill(server: ServerProcess) -> None:
        ada, bob = await two_people(server)
        await talk(server, ada, bob, ["saved"])
        await upload(server, ada, b"a note")
        data = str(folder / "data")
        backup = ["backup", str(folder / "saved"), "--data-dir", data]
        made = await asyncio.to_thread(CliRunner().invoke, cli, backup)
        assert made.exit_code == 0, made.output
        await talk(server, ada, bob, ["lost"])

    with server_process(folder) as server:
        asyncio.run(fill(server))
        server.stop()
    return folder


@pytest.fixture
def saved(template: Path, folder: Path) -> Path:
    """A copy of both in a separate folder."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return folder / "saved"


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def flip_database(saved: Path) -> None:
    flip(saved / DATABASE)


def flip_content(saved: Path) -> None:
    flip(next((saved / FILES).rglob("*-*")))


def remove(name: str) -> Callable[[Path], None]:
    def harm(saved: Path) -> None:
        (saved / name).unlink()

    return harm


def make_newer(saved: Path) -> None:
    database = sqlite3.connect(saved / DATABASE)
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()
    _sign_again(saved)


def damage_pages(saved: Path) -> None:
    content = bytearray((saved / DATABASE).read_bytes())
    content[4096:8192] = os.urandom(4096)
    (saved / DATABASE).write_bytes(content)
    _sign_again(saved)


def climb_out(saved: Path) -> None:
    with (saved / SUMS).open("a") as sums:
        sums.write(f"{'0' * 64}  files/../../evil\n")


def pack(saved: Path) -> None:
    shutil.make_archive(str(saved), "tar", saved)
    shutil.rmtree(saved)
    saved.with_suffix(".tar").rename(saved)


def empty(saved: Path) -> None:
    shutil.rmtree(saved)
    saved.mkdir()


def _sign_again(saved: Path, but: str = "") -> None:
    names = [line.split("  ")[1] for line in (saved / SUMS).read_text().splitlines()]
    names = [name for name in names if name != but]
    (saved / SUMS).write_text("".join(f"{digest_of(saved / name)}  {name}\n" for name in names))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (flip_database, "is damaged"),
        (flip_content, "is damaged"),
        (remove(DATABASE), "is missing"),
        (remove("data/token.key"), "is missing"),
        (remove(SUMS), "not a complete backup"),
        (remove("backup.json"), "cannot be read"),
        (make_newer, "newer version"),
        (damage_pages, "damaged|not a Backchannel database"),
        (climb_out, "is damaged"),
        (shutil.rmtree, "does not exist"),
        (pack, "is not a folder"),
        (empty, "is not a backup"),
    ],
)
def test_S23_an_incomplete_backup_is_refused_before_anything_is_changed(
    saved: Path, invoke: Invoke, folder: Path, harm: Callable[[Path], None], message: str
) -> None:
    before = tree(folder / "data")
    harm(saved)
    refused = invoke("restore", "saved", "--data-dir", "data", "--yes", code=1)
    assert any(word in str(refused.exception) for word in message.split("|")), refused.exception
    assert tree(folder / "data") == before


def test_S23_a_restore_asks_and_can_be_declined(saved: Path, invoke: Invoke, folder: Path) -> None:
    del saved
    before = tree(folder / "data")
    asked = invoke("restore", "saved", "--data-dir", "data", given="n\n", code=1)
    assert "2 accounts, 1 messages, 1 files" in asked.output
    assert tree(folder / "data") == before


def test_S23_the_old_data_are_kept_beside_the_restored_ones(
    saved: Path, invoke: Invoke, folder: Path
) -> None:
    del saved
    before = tree(folder / "data")
    restored = invoke("restore", "saved", "--data-dir", "data", given="y\n")
    (aside,) = (folder / "data").glob("before-restore-*")
    assert str(aside) in restored.output
    assert tree(aside) == before


def test_S23_other_files_stay_in_the_data_folder(saved: Path, invoke: Invoke, folder: Path) -> None:
    data = folder / "data"
    (data / "backups").mkdir()
    (saved / "data/token.key").unlink()
    _sign_again(saved, but="data/token.key")
    saved.rename(data / "backups/monday")
    theirs = {"backchannel.toml": b"", ".env": b"A=1", "certificate/private.key": b"key"}
    theirs["token.key"] = (data / "token.key").read_bytes()
    for name, content in theirs.items():
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_bytes(content)
    (data / "backchannel.db-journal").write_text("of another time")
    invoke("restore", "data/backups/monday", "--data-dir", "data", "--yes")
    for name, content in theirs.items():
        assert (data / name).read_bytes() == content
    assert not (data / "backchannel.db-journal").exists()
    invoke("backup", "data/backups/monday", "--verify")


def test_S23_a_restore_that_fails_leaves_no_copies(
    saved: Path, invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del saved
    before = tree(folder / "data")

    def full(source: Path, target: Path) -> str:
        if source.name != DATABASE:
            raise OSError(28, "No space left on device", str(target))
        return copy_private(source, target)

    monkeypatch.setattr(restoring, "copy_private", full)
    refused = invoke("restore", "saved", "--data-dir", "data", "--yes", code=1)
    assert "No space left" in str(refused.exception)
    assert tree(folder / "data") == before


@pytest.mark.parametrize("steps", range(1, 10, 2))
def test_S23_no_server_starts_until_an_interrupted_restore_is_completed(
    saved: Path,
    invoke: Invoke,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
) -> None:
    del saved
    left = [steps]
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as killed:
        killed.setattr(Path, "rename", interrupted)
        invoke("restore", "saved", "--data-dir", "data", "--yes", code=130)
    refused = invoke("user", "list", "--data-dir", "data", code=1)
    assert "was interrupted" in str(refused.exception)
    completed = invoke("restore", "saved", "--data-dir", "data", "--yes")
    for aside in (folder / "data").glob("before-restore-*"):
        assert str(aside) in completed.output
    assert len(invoke("user", "list", "--data-dir", "data").output.splitlines()) == 2
    assert not (folder / "data/restoring").exists()


@pytest.mark.parametrize("subfolder", ["elsewhere", "data/database"])
async def test_S23_a_database_and_files_of_other_folders_are_backed_up_and_restored(
    folder: Path, invoke: Invoke, subfolder: str
) -> None:
    url = f"sqlite:///{folder / subfolder}/chat.db"
    files_url = f"file://{folder / subfolder}/contents"
    with server_process(folder, database_url=url, files_url=files_url) as server:
        ada, bob = await two_people(server)
        await talk(server, ada, bob, ["saved"])
        file_id = await upload(server, ada, b"a note")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("BACKCHANNEL_DATABASE_URL", url)
            environment.setenv("BACKCHANNEL_FILES_URL", files_url)
            await asyncio.to_thread(invoke, "backup", "saved", "--data-dir", "data")
            await talk(server, ada, bob, ["lost"])
            server.stop()
            invoke("restore", "saved", "--data-dir", "data", "--yes")
        server.start()
        assert "has changed since it was last used" in server.log.read_text()
        assert await history(server, bob, ada) == ["saved"]
        assert await read(server, ada, file_id) == b"a note"
    assert len(list((folder / subfolder).glob("before-restore-*/chat.db"))) == 1
