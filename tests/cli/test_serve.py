"""`serve`, as an operator meets it: it says where it is, and stops when told."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backchannel.cli.serve import greeting
from backchannel.settings import load

PATIENCE = 10


def test_R12_it_says_where_it_is_and_stops_in_order(
    server: "subprocess.Popen[str]", port: int, folder: Path
) -> None:
    server.send_signal(signal.SIGTERM)
    output, errors = server.communicate(timeout=PATIENCE)
    assert server.returncode == 0
    assert f"http://localhost:{port}" in output
    assert str(folder / "data") in output
    assert "Traceback" not in errors


def test_a_port_in_use_is_told_in_one_line(server: "subprocess.Popen[str]", port: int) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "backchannel", "serve", "--port", str(port), "--data-dir", "other"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert second.returncode == 1
    assert re.fullmatch(r"backchannel: cannot listen on .*\n", second.stderr)
    assert server.poll() is None


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "http://localhost:3000  (this machine only; --host 0.0.0.0 for the network)"),
        ({"host": "0.0.0.0"}, "http://localhost:3000  (reachable from the network)"),  # noqa: S104
        ({"host": "::1"}, "http://localhost:3000  (this machine only"),
        ({"host": "10.0.0.7", "port": 80}, "http://10.0.0.7:80  (reachable"),
        ({"tls.mode": "self-signed"}, "https://localhost:3000"),
    ],
)
def test_the_greeting_says_who_can_reach_it(options: dict[str, object], line: str) -> None:
    assert line in greeting(load(options, environment={}).settings)
