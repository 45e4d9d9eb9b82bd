"""Checks of the data folder, the free space, the database, and with `--deep` of all contents."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from backchannel.cli.backup.making import damaged_files, local_files
from backchannel.cli.copy import every_record
from backchannel.cli.doctor.finding import Finding, fail, ok, warn
from backchannel.domain.errors import Damaged
from backchannel.ports.storage import Storage
from backchannel.ports.storage.transfer import ConversationRecord, StoredFile
from backchannel.settings import Settings
from backchannel.storage import CannotOpen
from backchannel.storage.opening import examine, exists, file_of, is_outdated, open_storage
from backchannel.storage.shared.checksummed_message import stands_for_damaged
from backchannel.storage.shared.urls import without_password
from backchannel.storage.sql.sqlite.copying import CopiedFile, files_in
from backchannel.storage.sql.sqlite.driver import connect
from backchannel.storage.sql.sqlite.health import can_scan, count_unchecked, find_damage, scan

FREE_BYTES = 1 << 30

CONTENTS = "contents"
MOST_NAMED = 20
"""Damaged messages and files that are named one by one."""
PAGE = 200
"""Messages that are read at a time."""


def data_folder(settings: Settings) -> Finding:
    name, path = "data folder", settings.data_dir.resolve()
    if not path.exists():
        return ok(name, f"{path} will be made at the first start")
    if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return fail(name, f"{path} cannot be written", "make its owner the user of the server")
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return warn(name, f"{path} is open to other users", f"run: chmod 700 {path}")
    return ok(name, str(path))


def free_space(settings: Settings) -> Finding:
    name, path = "free space", settings.data_dir.resolve()
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < FREE_BYTES:
        return warn(name, f"{free >> 20:,} MiB", "make room before the disk is full")
    return ok(name, f"{free >> 30:,} GiB")


def database(settings: Settings) -> Finding:
    """Check the database, without changing it: an SQLite file for damage, a server for access."""
    name, path = "database", file_of(settings.storage_url)
    if path is None:
        return _database_on_server(name, settings)
    if not path.exists():
        return ok(name, f"{path} will be made at the first start")
    remedy = "stop the server and restore the newest good backup: backchannel restore FOLDER"
    with closing(connect(path)) as driver:
        damage = find_damage(driver)
    if damage:
        return fail(name, f"{path} is damaged: {damage}", remedy)
    return ok(name, f"{path} is whole, {path.stat().st_size >> 10:,} KiB")


def _database_on_server(name: str, settings: Settings) -> Finding:
    url = settings.storage_url
    try:
        found = asyncio.run(examine(url, production=settings.production))
    except CannotOpen as refusal:
        return fail(name, str(refusal), "see docs/databases.md")
    return ok(name, f"{without_password(url)}: {found}")


def contents(settings: Settings) -> Finding:
    """Read every message and every file, and compare them with their checksums."""
    path, folder = file_of(settings.storage_url), local_files(settings)
    if path is not None:
        return _contents_in_file(path, folder)
    try:
        return asyncio.run(_contents_on_server(settings, folder))
    except CannotOpen as refusal:
        return fail(CONTENTS, str(refusal), "see docs/databases.md")


def _contents_in_file(path: Path, folder: Path | None) -> Finding:
    if not path.exists():
        return ok(CONTENTS, "nothing is there yet")
    with closing(connect(path)) as driver:
        if not can_scan(driver):
            return _outdated_contents()
        damaged = [each for part in scan(driver) for each in part]
        unchecked = count_unchecked(driver)
    if folder is not None:
        damaged += damaged_files(files_in(path), folder)
    if unchecked and not damaged:
        return ok(CONTENTS, f"whole; {unchecked:,} messages are older than checksums")
    return _contents(damaged)


async def _contents_on_server(settings: Settings, folder: Path | None) -> Finding:
    url = settings.storage_url
    if not await exists(url):
        return ok(CONTENTS, "nothing is there yet")
    if await is_outdated(url):
        return _outdated_contents()
    storage = await open_storage(url, production=settings.production)
    try:
        damaged = [each async for each in _damaged_messages(storage)]
        files = [each async for each in _copied_files(storage)] if folder else []
    finally:
        await storage.close()
    if folder is not None:
        damaged += await asyncio.to_thread(damaged_files, files, folder)
    return _contents(damaged)


def _outdated_contents() -> Finding:
    return warn(CONTENTS, "not looked at", "start the server once: its messages get checksums")


def _contents(damaged: list[str]) -> Finding:
    if not damaged:
        return ok(CONTENTS, "every message and every local file is whole")
    more = [f"and {len(damaged) - MOST_NAMED} more"] if len(damaged) > MOST_NAMED else []
    text = "; ".join([*damaged[:MOST_NAMED], *more])
    return fail(CONTENTS, text, "the rest is whole; restore the newest good backup to repair it")


async def _damaged_messages(storage: Storage) -> AsyncIterator[str]:
    async for conversation in every_record(storage, ConversationRecord):
        after = 0
        try:
            while page := await storage.history(conversation.id, after=after, limit=PAGE):
                after = page[-1].seq
                for each in page:
                    if stands_for_damaged(each):
                        yield f"message {each.seq} of conversation {conversation.id} is damaged"
        except Damaged:
            yield f"the messages past {after} of conversation {conversation.id} cannot be read"


async def _copied_files(storage: Storage) -> AsyncIterator[CopiedFile]:
    async for each in every_record(storage, StoredFile):
        if each.condemned_at is None:
            digests = each.sha256, each.thumbnail_size, each.thumbnail_sha256
            yield CopiedFile(each.id, each.size, *digests)
