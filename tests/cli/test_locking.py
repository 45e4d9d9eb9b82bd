"""A data folder and a database have one server; some commands may run beside it (S19)."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from backchannel.app.locking import locked_alone, locked_for_command, locked_for_server
from backchannel.settings import Settings, load
from backchannel.storage import CannotOpen
from tests.cli.conftest import TIMEOUT
from tests.support.process import ServerProcess, server_process

Invoke = Callable[..., Result]
LOCKS = {"server": locked_for_server, "command": locked_for_command, "alone": locked_alone}


def settings_in(folder: Path, database: str | None = None) -> Settings:
    options: dict[str, object] = {"data_dir": folder, "database_url": database}
    return load(options, environment={}).settings


@pytest.mark.parametrize(
    ("held", "wanted", "allowed"),
    [
        ("server", "server", False),
        ("server", "command", True),
        ("server", "alone", False),
        ("command", "server", True),
        ("command", "command", True),
        ("command", "alone", False),
        ("alone", "server", False),
        ("alone", "command", False),
        ("alone", "alone", False),
    ],
)
def test_S19_the_locks_of_commands_exclude_each_other_as_listed(
    folder: Path, held: str, wanted: str, *, allowed: bool
) -> None:
    settings = settings_in(folder / "data")
    with LOCKS[held](settings):
        if allowed:
            with LOCKS[wanted](settings):
                pass
        else:
            with pytest.raises(CannotOpen, match=r"in use|being restored"), LOCKS[wanted](settings):
                pass
    with LOCKS[wanted](settings):
        pass


@pytest.mark.parametrize("link", [False, True])
def test_S19_two_data_folders_do_not_share_a_database(folder: Path, *, link: bool) -> None:
    database = folder / "db" / "chat.db"
    (folder / "db").mkdir()
    database.touch()
    other = database
    if link:
        other = folder / "link.db"
        other.symlink_to(database)
    one = settings_in(folder / "one", f"sqlite:///{database}")
    two = settings_in(folder / "two", f"sqlite:///{other}")
    refused = pytest.raises(CannotOpen, match="another server")
    with locked_for_server(one), refused, locked_for_server(two):
        pass


def test_S19_a_second_server_is_refused_in_one_line_with_the_process_id(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path) as first:
        second = _serve(tmp_path)
        assert second.returncode == 1
        (line,) = second.stderr.splitlines()
        assert f"process {first.pid}" in line
        assert str(tmp_path / "data") in line


def test_S19_a_killed_server_leaves_no_lock(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    server.start()
    server.stop(signal.SIGKILL)
    server.start()
    assert server.stop() == 0


def test_S19_accounts_are_managed_beside_a_server_and_migrations_are_not(
    tmp_path: Path, command: "Callable[..., subprocess.CompletedProcess[str]]"
) -> None:
    with server_process(tmp_path):
        added = command("user", "add", "ada", "--data-dir", "data", given="correct horse 1\n")
        assert added.returncode == 0, added.stderr
        migrated = command("migrate", "--data-dir", "data")
        assert migrated.returncode == 1
        assert "in use by another server" in migrated.stderr


def test_the_database_files_are_not_readable_by_other_users(tmp_path: Path, invoke: Invoke) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    before = os.umask(0o022)
    try:
        with server_process(tmp_path):
            invoke("user", "list", "--data-dir", "data")
            files = {path.name: path for path in data.glob("backchannel.db*")}
            assert {"backchannel.db", "backchannel.db-wal", "backchannel.db-shm"} <= files.keys()
            for path in files.values():
                assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    finally:
        os.umask(before)


def test_a_database_readable_by_others_is_closed_with_a_warning(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path) as server:
        server.stop()
        database = server.data / "backchannel.db"
        database.chmod(0o644)
        server.start()
        assert stat.S_IMODE(database.stat().st_mode) == 0o640
        assert "backchannel.db could be read by every user" in server.log.read_text()


def _serve(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "backchannel", "serve", "--port", "0", "--data-dir", "data"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
