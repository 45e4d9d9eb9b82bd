"""A real server in a separate process: started, killed, and started again on the same data."""

import contextlib
import itertools
import os
import random
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support import fork_server

TIMEOUT = 120.0
"""Seconds that a process may take to start or to end, on a busy machine."""


_TRUSTING = ssl._create_unverified_context()  # noqa: S323 - the server's own certificate

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
SERVER_PORTS = range(20_000 + WORKER, 32_000, WORKERS)
"""Below those that the system gives to clients: else one may take it while a server restarts.

No two test processes have the same ones: a port is free while its server starts, or starts again.
"""
_ports = itertools.cycle(random.SystemRandom().sample(SERVER_PORTS, len(SERVER_PORTS)))


def free_port() -> int:
    """A port that is not in use, and that no client or other server gets for a while."""
    while True:
        port = next(_ports)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class ServerProcess:
    """`backchannel serve` over one data folder.

    The fork server runs it, or `launcher`: a command to which the arguments are added.
    """

    timeout = TIMEOUT
    """Seconds that a start and an end may take."""

    def __init__(
        self,
        folder: Path,
        launcher: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        /,
        **settings: str,
    ) -> None:
        self.port = free_port()
        self.folder = folder
        self.log = folder / "server.log"
        self.data = folder / "data"
        self._launcher = launcher
        self._environment = {} if environment is None else environment
        self.settings = settings
        self._process: subprocess.Popen[bytes] | fork_server.ForkedProcess | None = None

    @property
    def address(self) -> str:
        return f"http{self._secure}://127.0.0.1:{self.port}"

    @property
    def socket_address(self) -> str:
        return f"ws{self._secure}://127.0.0.1:{self.port}"

    @property
    def _secure(self) -> str:
        return "s" if self.settings.get("tls_mode") == "self-signed" else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """True if it has been started and not yet stopped."""
        return self._process is not None

    @property
    def has_crashed(self) -> bool:
        """True if it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def start(self) -> None:
        """Start it and wait until it is ready; raises `RuntimeError` with its output."""
        arguments = ["serve", "--port", str(self.port)]
        environment = {
            **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
            **self._environment,
            "BACKCHANNEL_DATA_DIR": str(self.data),
            **{f"BACKCHANNEL_{name.upper()}": value for name, value in self.settings.items()},
        }
        with self.log.open("ab") as log:
            if self._launcher:
                command = [*self._launcher, *arguments]
                self._process = subprocess.Popen(
                    command, cwd=self.folder, env=environment, stdout=log, stderr=log
                )
            else:
                self._process = fork_server.fork(arguments, self.folder, environment, log.fileno())
        until = time.monotonic() + self.timeout
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill it with SIGKILL, so that it writes nothing more."""
        self.stop(signal.SIGKILL)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(self.timeout)
        self._process = None
        return code

    def close(self) -> None:
        if self._process is not None:
            # A killed process does not report its coverage.
            self.stop(signal.SIGTERM if "COVERAGE_PROCESS_CONFIG" in os.environ else signal.SIGKILL)

    def resident(self) -> int:
        """Resident memory, bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(self.pid)

    def descriptors(self) -> int:
        """Open file descriptors."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(  # noqa: S310
                f"{self.address}/readyz", timeout=1, context=_TRUSTING
            ):
                return True
        except OSError:
            return False


@contextmanager
def server_process(folder: Path, **settings: str) -> Generator[ServerProcess]:
    """A running server, killed at the end if it still runs."""
    server = ServerProcess(folder, **settings)
    try:
        server.start()
        yield server
    finally:
        server.close()
