"""The doctor finds what is wrong, says what to do, and changes nothing."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from backchannel import __version__
from backchannel.app.core import open_core
from backchannel.chat import attachments
from backchannel.cli.doctor import data, machine, protection
from backchannel.cli.doctor.finding import Finding, Level
from backchannel.settings import Settings, load
from backchannel.storage.opening import open_storage
from tests.storage.people import make_pair, send
from tests.support.core import make_user

Invoke = Callable[..., Result]


def settings(**options: object) -> Settings:
    named = {name.replace("__", "."): value for name, value in options.items()}
    return load(named, environment={}).settings


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_doctor_on_a_fresh_machine_finds_no_failure_and_creates_no_files(
    invoke: Invoke, folder: Path
) -> None:
    assert "fail" not in invoke("doctor").stdout
    assert list(folder.iterdir()) == []


def test_a_failure_shows_in_the_exit_code(invoke: Invoke, folder: Path) -> None:
    (folder / "data").mkdir(mode=0o700)
    (folder / "data" / "backchannel.db").write_bytes(b"this is no database at all")
    result = invoke("doctor", code=1)
    assert "fail  database" in result.stdout
    assert "restore the newest good backup" in result.stdout


def test_R18_a_damaged_database_is_found(folder: Path) -> None:
    path = folder / "data" / "backchannel.db"
    path.parent.mkdir(mode=0o700)
    with sqlite3.connect(path) as connection:
        connection.execute("create table a (b text)")
        connection.executemany("insert into a values (?)", [("x" * 500,)] * 200)
        connection.execute("create index c on a (b)")
    connection.close()
    assert data.database(settings()).level is Level.OK
    damage(path)
    assert data.database(settings()).level is Level.FAIL


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4_096] = bytes(4_096)
    path.write_bytes(content)


def test_a_data_folder_open_to_others_is_a_warning(folder: Path) -> None:
    (folder / "data").mkdir(mode=0o755)
    finding = data.data_folder(settings())
    assert (finding.level, finding.remedy) == (Level.WARN, f"run: chmod 700 {folder / 'data'}")


def test_a_port_in_use_is_a_warning(busy_port: int) -> None:
    finding = machine.port(settings(port=busy_port))
    assert finding.text == f"127.0.0.1:{busy_port} is in use"
    assert finding.level is Level.WARN


def test_an_address_of_another_machine_fails() -> None:
    assert machine.port(settings(host="192.0.2.1", port=0)).level is Level.FAIL


def test_R11_a_clock_before_the_data_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data").mkdir()
    monkeypatch.setattr("time.time", lambda: machine.RELEASED + 1.0)
    assert machine.clock(settings()).level is Level.FAIL


def test_plain_http_on_the_network_is_a_warning() -> None:
    finding = protection.certificate(settings(host="0.0.0.0"))  # noqa: S104  # what is tested
    assert finding.text == "none: passwords travel in plain text"


def test_an_invalid_certificate_is_a_failure(folder: Path) -> None:
    for name in ("a.crt", "a.key"):
        (folder / name).write_text("nonsense")
    finding = protection.certificate(settings(tls__certificate="a.crt", tls__private_key="a.key"))
    assert finding.level is Level.FAIL


@pytest.mark.parametrize(
    ("secret", "level"), [("hunter2", Level.WARN), ("0123456789abcdef" * 4, Level.OK)]
)
def test_the_strength_of_the_secret_is_checked(secret: str, level: Level) -> None:
    finding: Finding = protection.secret(settings(jwt_secret=secret))
    assert finding.level is level
    assert secret not in finding.text + finding.remedy


def test_R18_doctor_deep_names_the_damaged_message_and_the_damaged_file(
    folder: Path, invoke: Invoke
) -> None:
    asyncio.run(fill(folder / "data"))
    assert "every message and every local file is whole" in invoke("doctor", "--deep").stdout
    database = folder / "data/backchannel.db"
    database.write_bytes(database.read_bytes().replace(b"Half past eight?", b"Half past light?"))
    assert "is damaged" not in invoke("doctor").stdout
    found = invoke("doctor", "--deep", code=1).stdout
    assert "message 2 of conversation" in found
    assert "message 1 " not in found


@pytest.mark.parametrize("offset", [0, 70_000, -1])
def test_R18_doctor_deep_finds_one_changed_byte_of_a_stored_file(
    folder: Path, invoke: Invoke, offset: int
) -> None:
    file_id = asyncio.run(fill_with_file(folder / "data"))
    assert "every message and every local file is whole" in invoke("doctor", "--deep").stdout
    (stored,) = (folder / "data/files").glob(f"*/{file_id}")
    content = bytearray(stored.read_bytes())
    content[offset] ^= 1
    stored.write_bytes(content)
    assert file_id in invoke("doctor", "--deep", code=1).stdout


async def fill_with_file(data: Path) -> str:
    data.mkdir(mode=0o700)
    async with open_core(settings()) as core:
        user = await make_user(core, "ada")
        upload = await attachments.create_upload(core, user.id, name="a.bin", size=FILE_SIZE)
        await core.uploads.append(upload, 0, one_piece(bytes(FILE_SIZE)))
    return upload.id


FILE_SIZE = 200_000


async def one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def fill(data: Path) -> None:
    data.mkdir(mode=0o700)
    storage = await open_storage(f"sqlite:///{data}/backchannel.db")
    pair = await make_pair(storage)
    await send(storage, pair.draft("Hello"), pair.answer("Half past eight?"))
    await storage.close()


def test_settings_that_are_refused_do_not_hide_the_rest(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKCHANNEL_ENVIRONMENT", "production")
    report = invoke("doctor", code=1).stdout
    assert "fail  settings" in report
    assert "BACKCHANNEL_JWT_SECRET" in report
    for name in ("python", "sqlite", "port", "free space"):
        assert name in report


def test_versions_are_named() -> None:
    assert sqlite3.sqlite_version in machine.sqlite(Settings()).text
    assert __version__ in machine.server(Settings()).text
