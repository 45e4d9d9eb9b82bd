"""Ctrl-C at any question is exit code 130, and nothing is changed."""

import os
import pty
import sys
from pathlib import Path

import pytest

from tests.cli.chat.talkers import until

PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (["user", "delete", "ada"], "[y/N]"),
        (["user", "add", "grace"], "Password"),
        (["user", "password", "ada"], "Password"),
        (["chat", "ada"], "Password"),
    ],
)
def test_ctrl_c_at_a_question(folder: Path, arguments: list[str], question: str) -> None:
    assert folder == Path.cwd()
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
    assert not (folder / "data").exists()
