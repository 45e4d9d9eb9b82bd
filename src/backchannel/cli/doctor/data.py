"""Checks of what the server keeps."""

import asyncio
import os
import shutil
import stat
from contextlib import closing

from backchannel.cli.backup.making import damaged_files, local_files
from backchannel.cli.doctor.finding import Finding, fail, ok, warn
from backchannel.settings import Settings
from backchannel.storage.errors import CannotOpen
from backchannel.storage.opening import examine, file_of
from backchannel.storage.shared.urls import without_password
from backchannel.storage.sql.sqlite.driver import connect
from backchannel.storage.sql.sqlite.health import find_damage
from backchannel.storage.sql.sqlite.rewriting import needed_room
from backchannel.storage.sql.sqlite.scanning import can_scan, count_unchecked, scan

FREE_BYTES = 1 << 30
MOST_NAMED = 20
"""Damaged messages and files that are named one by one."""


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
    stored = file_of(settings.storage_url)
    if (
        stored is not None
        and stored.exists()
        and shutil.disk_usage(stored.parent).free < needed_room(stored)
    ):
        remedy = f"make room for {needed_room(stored) >> 20:,} MiB: else no account can be erased"
        return warn(name, f"{free >> 20:,} MiB", remedy)
    return ok(name, f"{free >> 30:,} GiB")


def contents(settings: Settings) -> Finding:
    """Read every message and every file, and compare them with their checksums."""
    name, path = "contents", file_of(settings.storage_url)
    if path is None:
        return ok(name, "each message is compared with its checksum when it is read")
    if not path.exists():
        return ok(name, "nothing is there yet")
    with closing(connect(path)) as driver:
        if not can_scan(driver):
            return warn(name, "not looked at", "start the server once: its messages get checksums")
        damaged = [each for part in scan(driver) for each in part]
        unchecked = count_unchecked(driver)
    folder = local_files(settings)
    if folder is not None:
        damaged += damaged_files(path, folder)
    if damaged:
        more = [f"and {len(damaged) - MOST_NAMED} more"] if len(damaged) > MOST_NAMED else []
        text = "; ".join([*damaged[:MOST_NAMED], *more])
        return fail(name, text, "the rest is whole; restore the newest good backup to repair it")
    if unchecked:
        return ok(name, f"whole; {unchecked:,} messages are older than checksums")
    return ok(name, "every message and every local file is whole")


def database(settings: Settings) -> Finding:
    """Read the structure of the whole database, without changing it."""
    name, path = "database", file_of(settings.storage_url)
    if path is None:
        return _server(name, settings)
    if not path.exists():
        return ok(name, f"{path} will be made at the first start")
    remedy = "stop the server and restore the newest good backup: backchannel restore FOLDER"
    with closing(connect(path)) as driver:
        damage = find_damage(driver)
    if damage:
        return fail(name, f"{path} is damaged: {damage}", remedy)
    return ok(name, f"{path} is whole, {path.stat().st_size >> 10:,} KiB")


def _server(name: str, settings: Settings) -> Finding:
    url = settings.storage_url
    try:
        found = asyncio.run(examine(url, production=settings.production))
    except CannotOpen as refusal:
        return fail(name, str(refusal), "see docs/databases.md")
    return ok(name, f"{without_password(url)}: {found}")
