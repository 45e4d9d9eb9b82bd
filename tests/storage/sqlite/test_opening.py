"""Opening: URLs, versions, damage (R18), migrations (R19)."""

import asyncio
import errno
import multiprocessing
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from backchannel.domain.errors import Overloaded, Unavailable
from backchannel.storage import CannotOpen
from backchannel.storage.opening import migrate, open_storage
from backchannel.storage.sql.migrations import SCHEMA_VERSION
from backchannel.storage.sql.sqlite import database as databases
from backchannel.storage.sql.sqlite import driver, health
from backchannel.storage.sql.sqlite.opening import path_of
from tests.storage.people import AT, make_pair, send
from tests.storage.sqlite.older import make_older
from tests.storage.sqlite.test_own_messages import version_of


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///chat.db", "chat.db"),
        ("sqlite:///data/chat.db", "data/chat.db"),
        ("sqlite:////var/lib/chat.db", "/var/lib/chat.db"),
        ("sqlite://./database.db", "database.db"),
        ("sqlite:///./it's 100%.db", "it's 100%.db"),
    ],
)
def test_a_url_names_a_file(url: str, path: str) -> None:
    assert path_of(url) == Path(path)


@pytest.mark.parametrize("url", ["sqlite://:memory:", "sqlite:///:memory:", "sqlite://"])
async def test_R1_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(CannotOpen, match="memory"):
        await open_storage(url)


@pytest.mark.parametrize("url", ["oracle://user:secret@host/db", "chat.db", ""])
async def test_an_unknown_scheme_is_refused_without_the_url(url: str) -> None:
    with pytest.raises(CannotOpen, match="sqlite://") as refusal:
        await open_storage(url)
    assert "secret" not in str(refusal.value)


async def test_a_missing_folder_is_created(tmp_path: Path) -> None:
    await migrate(f"sqlite:///{tmp_path}/a/b/chat.db")
    assert (tmp_path / "a/b/chat.db").exists()


async def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotOpen, match="cannot be opened"):
        await open_storage(f"sqlite:///{tmp_path}/file/chat.db")


@pytest.mark.parametrize("name", ["chat.db", "other.db"])
async def test_S19_a_database_with_a_second_name_is_refused(tmp_path: Path, name: str) -> None:
    await migrate(f"sqlite:///{tmp_path}/chat.db")
    (tmp_path / "other.db").hardlink_to(tmp_path / "chat.db")
    with pytest.raises(CannotOpen, match="hard link"):
        await open_storage(f"sqlite:///{tmp_path}/{name}")


async def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "MINIMUM_VERSION", (99, 0, 0))
    with pytest.raises(CannotOpen, match=r"too old: 99\.0\.0"):
        await open_storage(f"sqlite:///{tmp_path}/chat.db")


async def make(path: Path, messages: int = 2000) -> None:
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, *(pair.draft("x" * 200) for _ in range(messages)))
    await storage.close()


@pytest.mark.parametrize("page", [0, 3, 20])
async def test_R18_flipped_bytes_are_refused(tmp_path: Path, page: int) -> None:
    path = tmp_path / "chat.db"
    await make(path)
    content = bytearray(path.read_bytes())
    for offset in range(page * 4096, page * 4096 + 200):
        content[offset] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(CannotOpen, match=r"chat\.db is damaged .* restore a backup"):
        await open_storage(f"sqlite:///{path}")


async def test_R18_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    await make(path)
    path.write_bytes(path.read_bytes()[: 20 * 4096])
    with pytest.raises(CannotOpen, match="damaged"):
        await open_storage(f"sqlite:///{path}")


async def test_R18_a_large_file_is_checked_while_the_server_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chat.db"
    await make(path)
    content = bytearray(path.read_bytes())
    pages = len(content) // 4096
    # In the middle of the file, which opening does not read.
    for offset in range(pages // 2 * 4096, pages // 2 * 4096 + 200):
        content[offset] ^= 0xFF
    path.write_bytes(content)
    monkeypatch.setattr(health, "CHECK_AT_ONCE", 0)
    watches: list[health.IntegrityCheck] = []

    class Awaited(health.IntegrityCheck):
        def __init__(self, *args: object, structure: bool) -> None:
            super().__init__(*args, structure=structure)  # type: ignore[arg-type]
            watches.append(self)

    monkeypatch.setattr(databases, "IntegrityCheck", Awaited)
    storage = await open_storage(f"sqlite:///{path}")
    await asyncio.to_thread(watches[0].wait)
    with pytest.raises(Unavailable, match="damaged"):
        await storage.check()
    with pytest.raises(Unavailable, match="damaged"):
        await make_pair(storage)
    await storage.close()


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE photo (id)")
    other.close()
    with pytest.raises(CannotOpen, match="another program"):
        await open_storage(f"sqlite:///{path}")


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    await make(path, 1)
    newer = sqlite3.connect(path)
    newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.commit()
    newer.close()
    with pytest.raises(CannotOpen, match="newer version"):
        await open_storage(f"sqlite:///{path}")


async def test_a_migrated_database_is_what_the_schema_says(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    from backchannel.storage.sql.schema import metadata  # noqa: PLC0415
    from backchannel.storage.sql.sqlite import index  # noqa: PLC0415
    from backchannel.storage.sql.sqlite.migrating import engine_of  # noqa: PLC0415

    await migrate(f"sqlite:///{tmp_path}/chat.db")
    with engine_of(tmp_path / "chat.db").connect() as connection:
        # Alembic does not compare the virtual table and its parts.
        opts = {
            "compare_type": True,
            "include_name": lambda name, *_: not str(name).startswith("search_index"),
        }
        context = MigrationContext.configure(connection, opts=opts)
        described = [metadata, index.metadata]
        assert compare_metadata(context, described) == []  # type: ignore[arg-type]  # takes both
        assert context.get_current_revision() == SCHEMA_VERSION


def migrate_until(path: Path, statements: int) -> None:
    """Migrate in this process, which ends before this many statements have run."""
    import os  # noqa: PLC0415

    from sqlalchemy import event  # noqa: PLC0415
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    left = [statements]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)

    event.listen(Engine, "before_cursor_execute", count)
    asyncio.run(migrate(f"sqlite:///{path}"))


@pytest.mark.slow
async def test_R19_a_migration_killed_after_any_statement_is_repeated(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ends: list[int | None] = []
    for step in range(0, 1_000, 7):  # every seventh statement, because each needs a process
        path = tmp_path / f"{step}.db"
        child = context.Process(target=migrate_until, args=(path, step))
        child.start()
        await asyncio.to_thread(child.join)
        ends.append(child.exitcode)
        await make(path, 1)
        if child.exitcode == 0:
            break
    assert ends[-1] == 0
    assert set(ends[:-1]) == {9}
    assert len(ends) > 5


async def test_R19_a_migration_that_meets_a_lock_is_refused_and_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BUSY_TIMEOUT", 0)
    path = tmp_path / "chat.db"
    await make(path, 1)
    make_older(path, "0005")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CannotOpen, match=r"chat\.db cannot be opened: database is locked$"):
        await open_storage(f"sqlite:///{path}")
    other.close()
    await (await open_storage(f"sqlite:///{path}")).close()
    assert version_of(path) == SCHEMA_VERSION


async def test_a_closed_storage_refuses(tmp_path: Path) -> None:
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    pair = await make_pair(storage)
    queued = [storage.append([pair.draft("queued")], at=AT) for _ in range(5)]
    sends = [asyncio.ensure_future(each) for each in queued]
    await asyncio.sleep(0)
    await storage.close()
    assert all([await each for each in sends])
    for call in (storage.check(), storage.append([pair.draft("late")], at=AT)):
        with pytest.raises(Unavailable):
            await call
    await storage.close()
    assert not (tmp_path / "chat.db-wal").exists()


async def test_a_full_queue_is_overloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "QUEUE_LIMIT", 3)
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    pair = await make_pair(storage)
    outcomes = await asyncio.gather(
        *(storage.append([pair.draft("x")], at=AT) for _ in range(50)), return_exceptions=True
    )
    refused = [each for each in outcomes if isinstance(each, Overloaded)]
    assert refused
    assert len(await storage.history(pair.id, limit=99)) == 50 - len(refused)
    await storage.close()


async def test_R21_a_database_whose_file_watch_fails_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    path = tmp_path / "chat.db"
    await (await open_storage(f"sqlite:///{path}")).close()
    threads = own_threads()
    with monkeypatch.context() as patched:
        patched.setattr("backchannel.storage.sql.sqlite.database.FileWatch", fail)
        with pytest.raises(CannotOpen, match="Too many open files"):
            await open_storage(f"sqlite:///{path}")
    opened = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert not [each for each in opened if each.name.startswith(path.name)]
    assert own_threads() == threads


def own_threads() -> list[str]:
    """The names of all threads except asyncio's, on which it opens databases."""
    names = (each.name for each in threading.enumerate())
    return sorted(each for each in names if not each.startswith("asyncio_"))
