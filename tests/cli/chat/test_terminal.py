"""The command on a terminal, which is emulated: its login, and its end."""

import asyncio
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from backchannel.cli.chat.logins import StoredLogin
from tests.cli.chat.talkers import Typist
from tests.sdk.device import session
from tests.support.native import PASSWORD, enrol
from tests.support.process import ServerProcess, server_process

pytestmark = pytest.mark.slow

SitDown = Callable[..., Typist]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("terminal")) as server:
        for name in ("ada", "grace"):
            asyncio.run(enrol(server.address, name))
        yield server


@pytest.fixture
def sit_down(
    running: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[SitDown]:
    """Starts the command at a new terminal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    typists: list[Typist] = []

    def start(password: str | None = PASSWORD) -> Typist:
        typists.append(Typist(running.address, "ada", password, "--with", "grace"))
        typists[-1].wait_for("Earlier")
        return typists[-1]

    yield start
    for typist in typists:
        typist.close()


def test_the_password_is_asked_for_once(sit_down: SitDown, tmp_path: Path) -> None:
    ada = sit_down()
    ada.wait_for("grace")
    ada.type("hello\r")
    ada.wait_for("✓")
    ada.type("\x11")
    assert ada.ended() == 0
    kept = list((tmp_path / "state").rglob("logins/*.json"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    again = sit_down(None)
    again.wait_for("hello")
    again.type("\x11")
    assert again.ended() == 0


def test_what_is_not_sent_is_told_on_leaving_and_sent_at_the_next_start(
    running: ServerProcess, sit_down: SitDown
) -> None:
    ada = sit_down()
    ada.wait_for("grace")
    running.kill()
    try:
        ada.wait_for("not connected")
        ada.type("while it was away\r")
        ada.wait_for("waiting")
        ada.type("\x11")
        assert ada.ended() == 0
        assert "1 message not sent; kept in" in "".join(ada.rows)
    finally:
        running.start()
    again = sit_down(None)
    again.wait_for("while it was away")
    again.wait_for("✓")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(sit_down: SitDown, number: int) -> None:
    ada = sit_down()
    ada.signal(number)
    assert ada.ended() == 128 + number


def test_one_program_at_a_time_uses_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    first, second = (StoredLogin("https://a.example", "ada") for _ in range(2))
    assert first.acquire()
    assert not second.acquire()
    kept = session("first")
    first.keep(kept)
    second.keep(None)
    assert second.load() == kept
    first.release()
    assert second.acquire()
    second.keep(None)
    assert second.load() is None
    second.release()
