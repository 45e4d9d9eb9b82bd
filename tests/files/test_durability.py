"""R20: if a message names a file, the file is complete and on disk."""

import asyncio
import contextlib
import multiprocessing
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backchannel.chat import attachments, maintenance
from backchannel.domain.files import UPLOAD_LIFE
from backchannel.domain.files import attachments as named_files
from backchannel.domain.ids import new_id
from backchannel.files.local import UNFINISHED, LocalStore
from tests.files.save_until_killed import save_until_killed
from tests.support.clock import ManualClock
from tests.support.core import make_core

MOST_POINTS = 400
STRIDE = 3
"""The points at which a process is killed are so far apart: each costs a process."""

FORKING = multiprocessing.get_context("forkserver")
"""A process is forked from one that has imported its module, which takes longest."""
FORKING.set_forkserver_preload([save_until_killed.__module__])


async def test_R20_content_is_synced_before_its_name_and_that_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path / "files")
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    key, steps = new_id(), list[str]()

    def noting(step: Callable[[Any], str], call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any) -> Any:
            steps.append(step(given[0]))
            return call(*given)

        return noted

    def synced(descriptor: int) -> str:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        size = "" if path.is_dir() else f" of {path.stat().st_size}"
        return f"sync {path.relative_to(tmp_path)}{size}"

    monkeypatch.setattr(os, "fsync", noting(synced, os.fsync))
    monkeypatch.setattr(Path, "replace", noting(lambda path: f"rename {path.name}", Path.replace))
    await store.put(key, source)
    folder = f"files/{key[-2:]}"
    assert [re.sub(r"\.[0-9a-f]{16}\.", ".", each) for each in steps] == [
        "sync files",
        f"sync {folder}/{key}{UNFINISHED} of 3000000",
        f"rename {key}{UNFINISHED}",
        f"sync {folder}",
    ]


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_R20_no_kill_leaves_a_message_without_its_file(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    kills = 0
    for point in range(1, MOST_POINTS, STRIDE):
        done, code = await asyncio.to_thread(_save_until, tmp_path, point)
        acknowledged += done
        if code == 0:
            break
        assert code == -signal.SIGKILL, code
        kills += 1
    assert kills > 40 // STRIDE, "hardly any file was saved"
    named = await _check_messages(tmp_path)
    assert set(acknowledged) <= set(named)
    assert len(named) > kills // 3
    assert await _left_over(tmp_path) == set(named)


def _save_until(folder: Path, point: int) -> tuple[list[str], int]:
    """The files that a process acknowledged before it was killed, and its exit code."""
    receiving, sending = FORKING.Pipe(duplex=False)
    process = FORKING.Process(target=save_until_killed, args=(folder, point, sending))
    process.start()
    sending.close()
    acknowledged = list[str]()
    with receiving, contextlib.suppress(EOFError):
        while True:
            acknowledged.append(receiving.recv())
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return acknowledged, process.exitcode


async def _check_messages(folder: Path) -> list[str]:
    """Read the files that messages name, and collect the others."""
    with sqlite3.connect(folder / "test.db") as database:
        rows = database.execute("SELECT files FROM message").fetchall()
        owners = dict(database.execute("SELECT id, owner_id FROM file").fetchall())
    database.close()
    named = [each.id for (files,) in rows for each in named_files(files)]
    async with make_core(folder) as core:
        for file_id in named:
            content = await attachments.open_file(core, owners[file_id], file_id)
            size = 0
            async for block in attachments.read(core, content, 0, content.size):
                size += len(block)
            assert size == content.size
    return named


async def _left_over(folder: Path) -> set[str]:
    """The files that are on disk once everything else has been collected."""
    clock = ManualClock(milliseconds=round(time.time() * 1_000) + 2 * UPLOAD_LIFE)
    async with make_core(folder, clock=clock) as core:
        while await maintenance.collect(core):
            pass
    roots = (folder / "files", folder / "uploads")
    found = {path.name for root in roots for path in root.rglob("*") if path.is_file()}
    return {name for name in found if not name.endswith(".thumbnail")}
