"""Two people talk with the real command over a real server."""

import subprocess
import sys
import time
from collections.abc import Callable
from threading import Thread

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]

PATIENCE = 20
PASSWORD = "correct horse battery"


class Person:
    """Somebody who chats until told to leave, and what they see."""

    def __init__(self, name: str, port: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backchannel", "chat", name, "--server", address(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._thread = Thread(target=self._read)
        self._thread.start()
        self.type(PASSWORD)

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, end: str) -> str:
        """The first line that ends so."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in self.lines:
                if line.endswith(end):
                    return line
            time.sleep(0.02)
        raise TimeoutError(end)

    def leave(self) -> int:
        self.type("/quit")
        with self.process:
            self._thread.join()
        return self.process.returncode

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_what_one_says_the_other_reads(command: Command, port: int) -> None:
    for name in ("ada", "grace"):
        assert command("user", "add", name, given=PASSWORD + "\n").returncode == 0
    grace = Person("grace", port)
    grace.wait_for("connected")
    said = f"{PASSWORD}\n/with grace\nhalf past eight?\n"
    ada = command("chat", "ada", "--server", address(port), given=said)
    assert ada.returncode == 0
    assert "✓ stored" in ada.stdout
    assert grace.wait_for("half past eight?").endswith("ada  half past eight?")
    assert grace.leave() == 0
    again = command("chat", "grace", "--with", "ada", "--server", address(port), given=PASSWORD)
    assert again.stdout.count("half past eight?") == 1


@pytest.mark.usefixtures("server")
def test_a_wrong_password_is_told_in_one_line(command: Command, port: int) -> None:
    result = command("chat", "nobody", "--server", address(port), given="wrong password\n")
    assert result.returncode == 1
    assert result.stderr.startswith("backchannel: the server says: ")
    assert result.stderr.count("\n") == 1
