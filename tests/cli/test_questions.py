"""Ctrl-C at any question is exit code 130, and nothing is changed."""

import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.chat.programs import until

PASSWORD = "correct horse battery"


def interrupt(arguments: list[str], question: str) -> None:
    """Run a command up to its question, and answer with Ctrl-C."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "backchannel", *arguments])  # noqa: S606
    shown = ""

    def asked() -> bool:
        nonlocal shown
        shown += os.read(terminal, 4096).decode()
        return question in shown

    until(asked, question, lambda: shown)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 130


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (["user", "add", "grace"], "Password"),
        (["user", "password", "ada"], "Password"),
        (["chat", "ada"], "Password"),
    ],
)
def test_ctrl_c_at_a_question(folder: Path, arguments: list[str], question: str) -> None:
    assert folder == Path.cwd()
    interrupt(arguments, question)
    assert not (folder / "data").exists()


def test_ctrl_c_at_the_question_before_an_erasure(invoke: Callable[..., Result]) -> None:
    invoke("user", "add", "ada", given=PASSWORD + "\n")
    interrupt(["user", "delete", "ada"], "[y/N]")
    assert "active" in invoke("user", "list").stdout
