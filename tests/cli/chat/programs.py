"""The real `chat` command, with a pipe or with a terminal."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import pyte

Found = TypeVar("Found")

TIMEOUT = 90.0


class PipedSession:
    """A user whose lines come from a pipe."""

    def __init__(self, address: str, name: str, password: str, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backchannel", "chat", name, "--server", address, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        self.type(password)

    def type(self, line: str | bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((line if isinstance(line, bytes) else line.encode()) + b"\n")
        self.process.stdin.flush()

    def wait_for(self, text: str) -> str:
        """The first line that contains this text."""
        return until(
            lambda: next((line for line in self.lines if text in line), ""),
            text,
            lambda: "\n".join(self.lines),
        )

    def leave(self) -> tuple[int, str]:
        """End the input; return the exit code and the text on standard error."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        with self.process:
            self.process.stdin.close()
            errors = self.process.stderr.read().decode()
            self._thread.join()
        return self.process.returncode, errors

    def close(self) -> None:
        """End it, if it has not ended."""
        if self.process.returncode is None:
            self.process.kill()
            self.leave()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))


class TerminalSession:
    """A user at a terminal of 60 by 30 characters, which is emulated."""

    def __init__(self, address: str, name: str, password: str | None, *options: str) -> None:
        self._screen = pyte.Screen(60, 30)
        self._stream = pyte.ByteStream(self._screen)
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.environ["TERM"] = "xterm-256color"
            command = ["chat", name, "--server", address, *options]
            os.execv(sys.executable, [sys.executable, "-m", "backchannel", *command])  # noqa: S606
        size = struct.pack("HHHH", 30, 60, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)
        if password is not None:
            self.wait_for("Password")
            self.type(password + "\r")

    @property
    def rows(self) -> list[str]:
        """The rows that are not empty, from top to bottom."""
        return [row.rstrip() for row in self._screen.display if row.strip()]

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def paste(self, text: str) -> None:
        self.type(f"\x1b[200~{text}\x1b[201~")

    def wait_for(self, text: str) -> str:
        """The first row that contains this text."""

        def row() -> str:
            self._receive()
            return next((row for row in self.rows if text in row), "")

        return until(row, text, lambda: "\n".join(self.rows))

    def wait_until_gone(self, text: str) -> None:
        def gone() -> bool:
            self._receive()
            return not any(text in row for row in self.rows)

        until(gone, f"no {text}", lambda: "\n".join(self.rows))

    def ended(self) -> int:
        """The exit code, when the command has ended by itself."""

        def status() -> list[int]:
            self._receive()
            process, code = os.waitpid(self._pid, os.WNOHANG)
            return [code] if process else []

        code = until(status, "the end", lambda: "\n".join(self.rows))[0]
        self._receive()
        self._pid = 0
        return os.waitstatus_to_exitcode(code)

    def signal(self, number: int) -> None:
        os.kill(self._pid, number)

    def close(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _receive(self) -> None:
        while select.select([self._terminal], [], [], 0.05)[0]:
            with suppress(OSError):  # the other end is closed
                if written := os.read(self._terminal, 65_536):
                    self._stream.feed(written)
                    continue
            return


def until(look: Callable[[], Found], what: str, seen: Callable[[], str]) -> Found:
    """The result of `look`, as soon as it finds something."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise TimeoutError(f"{what}\n{seen()}")
