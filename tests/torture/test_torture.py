"""The torture itself: the server passes, and a broken one is detected."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.nodes import require_redis
from torture.cluster import obstacles
from torture.faults.catalogue import FAULTS

BROKEN_SERVER = Path(__file__).parent / "broken_server.py"
WITHOUT_ROOT = sorted({n for n, each in FAULTS.items() if each.for_one} - {"full-disk"})
TIMEOUT = 120.0
ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from torture.__main__ import main
sys.exit(main(sys.argv[2:], (sys.executable, *sys.argv[1].split(","))))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def tortured(*options: str, server: str = "-m,backchannel") -> tuple[int, str]:
    """Run the torture against a server with this command; return the exit code and output."""
    with started("-c", PROGRAM, server, *options) as running:
        output, errors = running.communicate()
    return running.returncode, output + errors


@contextmanager
def started(*arguments: str) -> Generator[subprocess.Popen[str]]:
    """Start a run; at the end of the block, stop it as Ctrl-C does, with its server."""
    command = [sys.executable, *arguments]
    pipe = subprocess.PIPE
    running = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGINT)
            try:
                running.communicate(timeout=TIMEOUT)
            finally:
                running.kill()


def test_R1_R2_R3_R4_R5_R11_R12_nothing_is_lost_whatever_happens(tmp_path: Path) -> None:
    given = ["--seed", "11", "--seconds", "26", "--users", "8", "--rate", "40"]
    code, printed = tortured(*given, "--faults", ",".join(WITHOUT_ROOT), "--keep", str(tmp_path))
    assert code == 0, printed
    happened = dict(re.findall(r"^  (\S+) +(\d+) of \d+$", printed, re.MULTILINE))
    assert sorted(happened) == WITHOUT_ROOT, printed
    assert all(int(count) > 0 for count in happened.values())


@pytest.mark.service
@pytest.mark.skipif(
    bool(obstacles("postgresql", "redis")), reason="; ".join(obstacles("postgresql", "redis"))
)
def test_R8_R12_R15_nothing_is_lost_with_two_servers_behind_a_balancer(tmp_path: Path) -> None:
    require_redis()
    faults = "node-kill,bus-outage,database-kill,cut"
    given = ["--seed", "3", "--seconds", "20", "--users", "6", "--rate", "30", "--faults", faults]
    code, printed = tortured(*given, "--nodes", "2", "--keep", str(tmp_path))
    assert code == 0, printed


@pytest.mark.parametrize(
    ("way", "faults", "found"),
    [
        ("forget-keys", "duplicates,cut", "conflict"),
        ("acknowledge-early", "kill", "lost"),
    ],
)
def test_a_broken_server_is_detected(way: str, faults: str, found: str, tmp_path: Path) -> None:
    given = ["--seed", "1", "--seconds", "8", "--users", "4", "--rate", "40", "--faults", faults]
    code, printed = tortured(*given, "--keep", str(tmp_path), server=f"{BROKEN_SERVER},{way}")
    assert code == 1, printed
    assert re.search(rf"^{found}\b", printed, re.MULTILINE), printed
    assert f"the same plan again: python -m torture {' '.join(given)}\n" in printed
    assert (tmp_path / "journal.jsonl").exists()


def test_ctrl_c_stops_everything_it_has_started(tmp_path: Path) -> None:
    given = ["--seconds", "300", "--keep", str(tmp_path), "--users", "4"]
    until = time.monotonic() + TIMEOUT
    with started("-m", "torture", *given) as running:
        while not started_in(tmp_path) or not (tmp_path / "journal.jsonl").exists():
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < until
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, printed = running.communicate(timeout=TIMEOUT)
    assert running.returncode == 130
    assert printed.strip() == "interrupted; there is no verdict"
    assert started_in(tmp_path) == []
    assert not any(str(tmp_path) in line for line in Path("/proc/mounts").read_text().splitlines())


def started_in(folder: Path) -> list[int]:
    """The processes that run in a folder."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            directory = (process / "cwd").readlink()
        except OSError:
            continue  # it has ended, or belongs to another user
        if directory == folder and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found
