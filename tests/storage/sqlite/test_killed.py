"""R1: kill -9 loses nothing acknowledged, and an acknowledgement waits for the sync."""

import asyncio
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from backchannel.storage.opening import migrate

ROUNDS = 50
TRACED = "trace=write,pwrite64,fsync,fdatasync"


def fresh(folder: Path) -> Path:
    path = folder / "chat.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.mark.slow
def test_R1_fifty_kills_lose_nothing_acknowledged(tmp_path: Path) -> None:
    path = fresh(tmp_path)
    killing = subprocess.run(
        [sys.executable, "-m", "tests.storage.sqlite.killing", str(path), str(ROUNDS)],
        check=True,
        capture_output=True,
        text=True,
    )
    acknowledged = set(killing.stdout.split())
    assert len(acknowledged) > 20 * ROUNDS
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = {row[0] for row in database.execute("SELECT id FROM message")}
    database.close()
    assert acknowledged <= found


def can_trace() -> bool:
    strace = shutil.which("strace")
    return strace is not None and (
        subprocess.run([strace, "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not can_trace(), reason="strace is not installed or may not trace here")
def test_R1_a_sync_precedes_each_acknowledgement(tmp_path: Path) -> None:
    path = fresh(tmp_path)
    trace = tmp_path / "trace"
    tracing = ["strace", "-f", "-y", "-o", str(trace), "-e", TRACED]
    writing = [sys.executable, "-m", "tests.storage.sqlite.writer", str(path), "5"]
    subprocess.run([*tracing, *writing], check=True, capture_output=True)
    unsynced, acknowledgements = False, 0
    for line in trace.read_text().splitlines():
        if re.search(r"pwrite64\(\d+<[^>]*chat\.db-wal>", line):
            unsynced = True
        elif re.search(r"(fsync|fdatasync)\(\d+<[^>]*chat\.db-wal>\)\s+= 0", line):
            unsynced = False
        elif "acknowledged" in line:
            acknowledgements += 1
            assert not unsynced, line
    assert acknowledgements == 15
