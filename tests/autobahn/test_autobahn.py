"""An independent test of the WebSocket codec: the Autobahn suite's cases must not fail."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.autobahn.suite import Unavailable, find_python, install, run

SERVER = Path(__file__).with_name("echo_server.py")

CORE = [f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 10)]
# the smallest messages in each of the twelve ways to compress, and fragmented ones with and without
# context takeover; all 216 cases of groups 12 and 13 take ten minutes, at night
COMPRESSION = [
    *(f"12.{way}.1" for way in range(1, 6)),
    *(f"13.{way}.1" for way in range(1, 8)),
    *("13.1.11", "13.2.11"),
]


@pytest.fixture(scope="module", autouse=True)
def _suite() -> None:
    try:
        install(find_python())
    except Unavailable as reason:
        pytest.skip(f"THE AUTOBAHN SUITE HAS NOT TESTED THE WEBSOCKET CODEC: {reason}")


@contextmanager
def echo_server(loop: str) -> Iterator[int]:
    """Run the echo server in a separate process and yield its port."""
    command = [sys.executable, str(SERVER), loop]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.parametrize("loop", ["uvloop", pytest.param("asyncio", marks=pytest.mark.nightly)])
def test_autobahn_core_cases(loop: str, tmp_path: Path) -> None:
    with echo_server(loop) as port:
        report = run(port, CORE, tmp_path, timeout=120)
    print(report.counts)  # noqa: T201 - shows NON-STRICT and INFORMATIONAL with -s and on failure
    assert len(report.behaviour) == 247
    assert report.failed == []


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_autobahn_compression_cases(tmp_path: Path) -> None:
    with echo_server("uvloop") as port:
        report = run(port, COMPRESSION, tmp_path, timeout=120)
    assert report.counts == {"OK": len(COMPRESSION)}
    assert report.failed == []


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_autobahn_all_compression_cases(tmp_path: Path) -> None:
    cases = os.environ.get("NIGHTLY_CASES", "12.* 13.*").split()
    with echo_server("uvloop") as port:
        report = run(port, cases, tmp_path, timeout=3_000)
    assert report.counts == {"OK": len(report.behaviour)}
    assert len(report.behaviour) == 216 or "NIGHTLY_CASES" in os.environ
    assert report.failed == []
