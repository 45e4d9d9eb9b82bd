"""The command on a terminal, which is emulated: what is seen and what is sent."""

import asyncio
import signal
from collections.abc import Callable, Generator

import pytest

from tests.cli.chat.talkers import Typist
from tests.support.native import PASSWORD, enrol
from tests.support.process import ServerProcess, server_process

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("terminal")) as server:
        for name in ("ada", "grace", "lin chu"):
            asyncio.run(enrol(server.address, name))
        yield server


@pytest.fixture
def sit_down(running: ServerProcess) -> Generator[Callable[..., Typist]]:
    """Starts the command at a new terminal."""
    typists: list[Typist] = []

    def start(name: str, peer: str) -> Typist:
        typists.append(Typist(running.address, name, PASSWORD, "--with", peer))
        typists[-1].wait_for(f"{peer}>")
        return typists[-1]

    yield start
    for typist in typists:
        typist.close()


SitDown = Callable[[str, str], Typist]


def test_a_pasted_text_is_one_message(sit_down: SitDown) -> None:
    ada, grace = sit_down("ada", "grace"), sit_down("grace", "ada")
    ada.paste("line one\nline two\nline three")
    ada.wait_for("line three")
    assert not any("stored" in row for row in ada.rows)
    ada.type("\r")
    ada.wait_for("line three  ✓ stored")
    grace.wait_for("line three")
    first = next(number for number, row in enumerate(grace.rows) if "line one" in row)
    assert grace.rows[first + 1 : first + 3] == ["      │ line two", "      │ line three"]


def test_a_message_leaves_no_rows_of_what_is_being_typed(sit_down: SitDown) -> None:
    ada, grace = sit_down("ada", "grace"), sit_down("grace", "ada")
    ada.type("x" * 150)
    ada.wait_for("x" * 20)
    for number in range(3):
        grace.type(f"hello {number}\r")
        ada.wait_for(f"hello {number}")
    ada.type("yz")
    ada.wait_for("xyz")
    assert sum(row.count("x") for row in ada.rows) == 150
    ada.type("\r")
    ada.wait_for("✓ stored")
    assert not any("grace> x" in row for row in ada.rows)


def test_a_sent_message_is_one_row(sit_down: SitDown) -> None:
    ada = sit_down("ada", "lin chu")
    ada.type("only once\r")
    ada.wait_for("✓ stored")
    assert sum("only once" in row for row in ada.rows) == 1


def test_ctrl_c_clears_the_line_first(sit_down: SitDown) -> None:
    ada = sit_down("ada", "grace")
    ada.type("half a thought")
    ada.wait_for("half a thought")
    ada.type("\x03")
    ada.wait_until_gone("half a thought")
    ada.type("\x12half\x03")  # Ctrl-R searches what was typed before
    ada.type("\x03\x03")
    assert ada.ended() == 130


def test_what_waits_is_shown_and_told_on_leaving(running: ServerProcess, sit_down: SitDown) -> None:
    ada = sit_down("ada", "grace")
    running.kill()
    try:
        ada.wait_for("not connected")
        ada.type("written while it was away\r")
        ada.wait_for("waiting  written while it was away")
        ada.type("\x04")
        assert ada.ended() == 1
        assert "1 message not sent; kept in" in "".join(ada.rows)
    finally:
        running.start()
    again = sit_down("ada", "grace")
    again.wait_for("written while it was away  ✓ stored")


def test_names_are_completed(sit_down: SitDown) -> None:
    ada = sit_down("ada", "grace")
    ada.type("/with lin\t\r")
    ada.wait_for("lin chu>")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(sit_down: SitDown, number: int) -> None:
    ada = sit_down("ada", "grace")
    ada.type("half a thought")
    ada.wait_for("half a thought")
    ada.signal(number)
    assert ada.ended() == 128 + number
