"""Commands run in an otherwise empty folder."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backchannel.cli.main import cli
from tests.support.process import free_port

TIMEOUT = 90
"""Seconds that anything may take on a busy machine."""
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
            timeout=TIMEOUT,
        )

    return run


@pytest.fixture
def port() -> int:
    return free_port()


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
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        try:
            address = f"http://127.0.0.1:{port}/readyz"
            with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError
