"""Commands are tried in a folder that holds nothing else."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backchannel.cli.main import cli

PATIENCE = 20
"""Seconds until a server must answer, on a busy machine too."""
COMMAND = [sys.executable, "-c", "from backchannel.cli import main; main()"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Run a command in this process; expected to succeed unless `code` says otherwise."""

    def run(*arguments: str, given: str = "", code: int = 0) -> Result:
        result = CliRunner().invoke(cli, arguments, input=given)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def command() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the real command, which takes half a second."""

    def run(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    return run


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def server(folder: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """A server on `port` that answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backchannel", "serve", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_until_ready(port)
    yield process
    process.kill()
    process.communicate()


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError
