"""A private Redis server, which the test may kill, freeze and start again."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.support.process import TIMEOUT, free_port


class Redis:
    """A server that keeps nothing on disk, unless a test changes that."""

    def __init__(self, program: str, folder: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        options += ["--dir", self._folder]
        self._process = subprocess.Popen(
            [self._program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + TIMEOUT
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            if time.monotonic() > until:
                raise RuntimeError("Redis does not answer")
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(TIMEOUT)
            self._process = None


@contextmanager
def redis_server() -> Generator[Redis]:
    """A running server; skips the test if none is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("neither redis-server nor valkey-server is installed")
    with tempfile.TemporaryDirectory(
        prefix="backchannel-redis-",
        ignore_cleanup_errors=True,  # a process that rewrites its file may outlive it
    ) as folder:
        made = Redis(program, folder)
        made.start()
        try:
            yield made
        finally:
            made.kill()
