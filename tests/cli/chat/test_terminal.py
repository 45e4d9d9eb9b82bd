"""The command on an emulated terminal: login and exit."""

import asyncio
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from backchannel.cli.chat.account import StoredLogin
from tests.cli.chat.programs import TerminalSession
from tests.sdk.device import issued_tokens
from tests.support.native import PASSWORD, register
from tests.support.process import ServerProcess, server_process

pytestmark = pytest.mark.slow

OpenTerminal = Callable[..., TerminalSession]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("terminal")) as server:
        for name in ("ada", "grace"):
            asyncio.run(register(server.address, name))
        yield server


@pytest.fixture
def open_terminal(
    running: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[OpenTerminal]:
    """Starts the command at a new terminal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    typists: list[TerminalSession] = []

    def start(password: str | None = PASSWORD) -> TerminalSession:
        typists.append(TerminalSession(running.address, "ada", password, "--with", "grace"))
        typists[-1].wait_for("Earlier")
        return typists[-1]

    yield start
    for typist in typists:
        typist.close()


def test_the_password_is_asked_for_once(open_terminal: OpenTerminal, tmp_path: Path) -> None:
    ada = open_terminal()
    ada.wait_for("grace")
    ada.type("hello\r")
    ada.wait_for("✓")
    ada.type("\x11")
    assert ada.ended() == 0
    kept = list((tmp_path / "state").rglob("logins/*.json"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    again = open_terminal(None)
    again.wait_for("hello")
    again.type("\x11")
    assert again.ended() == 0


def test_unsent_messages_are_reported_on_leaving_and_sent_at_the_next_start(
    running: ServerProcess, open_terminal: OpenTerminal
) -> None:
    ada = open_terminal()
    ada.wait_for("grace")
    running.kill()
    try:
        ada.wait_for("not connected")
        ada.type("while it was away\r")
        ada.wait_for("waiting")
        ada.type("\x11")
        assert ada.ended() == 0, ada.rows
        assert "1 message not sent; kept in" in "".join(ada.rows)
    finally:
        running.start()
    again = open_terminal(None)
    again.wait_for("while it was away")
    again.wait_for("✓")


def test_a_text_that_was_not_sent_is_there_at_the_next_start(open_terminal: OpenTerminal) -> None:
    ada = open_terminal()
    ada.wait_for("grace")
    ada.type("half a mess")
    ada.wait_for("half a mess")
    ada.type("\x11")
    assert ada.ended() == 0
    again = open_terminal(None)
    again.wait_for("half a mess")
    again.type("age\r")
    again.wait_for("half a message  ✓")


def test_S24_a_row_that_is_wrapped_cannot_look_like_another_message(
    open_terminal: OpenTerminal,
) -> None:
    ada = open_terminal()
    ada.wait_for("grace")
    ada.paste("fine " + "x" * 200)
    ada.type("\r")
    ada.wait_for("│   xxx")
    ada.wait_for("✓")
    rows = [row for row in ada.rows if "x" * 5 in row and "▊" not in row]
    assert len(rows) > 2
    assert all("│   " in row for row in rows), rows


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(open_terminal: OpenTerminal, number: int) -> None:
    ada = open_terminal()
    ada.signal(number)
    assert ada.ended() == 128 + number


def test_a_stored_login_is_used_by_one_program_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    first, second = (StoredLogin("https://a.example", "ada") for _ in range(2))
    assert first.acquire()
    assert not second.acquire()
    kept = issued_tokens("first")
    first.keep(kept)
    second.keep(None)
    assert second.load() == kept
    first.release()
    assert second.acquire()
    second.keep(None)
    assert second.load() is None
    second.release()
