"""Run `python -m backchannel` in a fork of a process that has imported the server.

A start costs about two seconds of processor time, and imports are most of it: here, each process
of pytest pays for them once. A forked server is a process like any other: it has its own id and
data, and can be killed.

`python -m tests.support.fork_server FD` takes requests from the socket FD.
"""

import atexit
import contextlib
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

PRELOADED = (
    "alembic.command",
    "backchannel.app",
    "backchannel.cli.main",
    "backchannel.cli.serve",
    "sqlalchemy.dialects.sqlite",
)
"""The modules that a server on a new SQLite database needs."""

ROOT = Path(__file__).parents[2]
REQUEST_SIZE = 64 * 1024
MOST_DESCRIPTORS = 4096


class ForkedProcess:
    """A process that the fork server has forked, with the methods of `subprocess.Popen`."""

    def __init__(self, pid: int, status: socket.socket) -> None:
        self.pid = pid
        self._status = status
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, or `None` while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float) -> int:
        """Wait for the end; return the exit code, or the negative number of the ending signal.

        Raises `subprocess.TimeoutExpired` after `timeout` seconds.
        """
        if self._code is None:
            self._status.settimeout(timeout)
            try:
                self._code = int(self._status.recv(16))
            except (TimeoutError, BlockingIOError) as late:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout) from late
            self._status.close()
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def fork(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], log: int
) -> ForkedProcess:
    """Run `python -m backchannel` in `folder`; its output goes to the file descriptor `log`."""
    request = {"arguments": arguments, "folder": str(folder), "environment": environment}
    status, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far_end:
        socket.send_fds(_fork_server(), [json.dumps(request).encode()], [log, far_end.fileno()])
    return ForkedProcess(int(status.recv(16)), status)


@cache
def _fork_server() -> socket.socket:
    """The socket of this process's fork server, which ends with it."""
    control, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far_end:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server", str(far_end.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[far_end.fileno()],
        )
    atexit.register(process.wait)
    atexit.register(control.close)
    return control


def serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork for each request, and report how each process ended, until the other side is closed.

    Returns the request in a forked process, and `None` at the end, when all have been killed.
    """
    running: dict[int, tuple[int, int]] = {}
    """From the descriptor of a process to its id and the descriptor of its status."""
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                selector.unregister(key.fd)
                os.close(key.fd)
                _report_end(*running.pop(key.fd))
                continue
            message, descriptors, _, _ = socket.recv_fds(control, REQUEST_SIZE, 2)
            if not message:
                for pid, _ in running.values():
                    os.kill(pid, signal.SIGKILL)
                return None
            log, status = descriptors
            if (pid := os.fork()) == 0:
                selector.close()
                control.detach()
                os.dup2(log, 1)
                os.dup2(log, 2)
                os.closerange(3, MOST_DESCRIPTORS)
                own_request: dict[str, Any] = json.loads(message)
                return own_request
            os.close(log)
            os.write(status, str(pid).encode())
            process = os.pidfd_open(pid)
            running[process] = pid, status
            selector.register(process, selectors.EVENT_READ)


def _report_end(pid: int, status: int) -> None:
    _, reason = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):  # no caller waits for it now
        os.write(status, str(os.waitstatus_to_exitcode(reason)).encode())
    os.close(status)


def become(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    """Continue in this process as `python -m backchannel`."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["backchannel", *arguments]
    runpy.run_module("backchannel", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for module in PRELOADED:
        importlib.import_module(module)
    request = serve(socket.socket(fileno=int(sys.argv[1])))
    if request is not None:
        become(**request)
