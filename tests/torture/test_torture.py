"""The torture itself: the server stands it, and a broken one is found out."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from torture.faults.catalogue import FAULTS

BROKEN_SERVER = Path(__file__).parent / "broken_server.py"
WITHOUT_ROOT = sorted(set(FAULTS) - {"full-disk"})
PATIENCE = 60.0
ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from torture.__main__ import main
sys.exit(main(sys.argv[2:], (sys.executable, *sys.argv[1].split(","))))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def tortured(*options: str, server: str = "-m,backchannel") -> tuple[int, str]:
    """A run against the server that Python starts so: the exit code, and what is told."""
    command = [sys.executable, "-c", PROGRAM, server, *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_R1_R2_R3_R4_R5_R11_R12_nothing_is_lost_whatever_happens(tmp_path: Path) -> None:
    given = ["--seed", "11", "--seconds", "22", "--users", "8", "--rate", "40"]
    code, told = tortured(*given, "--faults", ",".join(WITHOUT_ROOT), "--keep", str(tmp_path))
    assert code == 0, told
    happened = dict(re.findall(r"^  (\S+) +(\d+) of \d+$", told, re.MULTILINE))
    assert sorted(happened) == WITHOUT_ROOT, told
    assert all(int(count) > 0 for count in happened.values())


@pytest.mark.parametrize(
    ("way", "faults", "found"),
    [
        ("forget-keys", "duplicates,cut", "conflict"),
        ("acknowledge-early", "kill", "lost"),
    ],
)
def test_a_broken_server_is_found_out(way: str, faults: str, found: str, tmp_path: Path) -> None:
    given = ["--seed", "1", "--seconds", "8", "--users", "4", "--rate", "40", "--faults", faults]
    code, told = tortured(*given, "--keep", str(tmp_path), server=f"{BROKEN_SERVER},{way}")
    assert code == 1, told
    assert re.search(rf"^{found}\b", told, re.MULTILINE), told
    assert f"the same plan again: python -m torture {' '.join(given)}\n" in told
    assert (tmp_path / "journal.jsonl").exists()


def test_ctrl_c_stops_everything_it_has_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torture", "--seconds", "300", "--keep", str(tmp_path)]
    running = subprocess.Popen(
        [*command, "--users", "4"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + PATIENCE
    while not started_in(tmp_path) or not (tmp_path / "journal.jsonl").exists():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert told.strip() == "interrupted; there is no verdict"
    assert started_in(tmp_path) == []
    assert not any(str(tmp_path) in line for line in Path("/proc/mounts").read_text().splitlines())


def started_in(folder: Path) -> list[int]:
    """The processes that run in a folder."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = (process / "cwd").readlink()
        except OSError:
            continue  # it has ended, or is somebody else's
        if place == folder and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found
