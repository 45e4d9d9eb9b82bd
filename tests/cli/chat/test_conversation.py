"""Users chat with the real command over a real server: nothing is lost, faked or missing."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.cli.chat.conftest import Start
from tests.cli.chat.programs import TIMEOUT, until
from tests.support.native import Person, register
from tests.support.process import ServerProcess, server_process

pytestmark = pytest.mark.slow


def bodies(server: ServerProcess, reader: Person, peer: Person) -> list[str]:
    """The texts that two users have sent each other."""
    with httpx.Client(base_url=server.address, headers=reader.headers, timeout=TIMEOUT) as http:
        for conversation in http.get("/v1/conversations").raise_for_status().json()["items"]:
            if conversation["peer_id"] == peer.id:
                path = f"/v1/conversations/{conversation['id']}/messages"
                messages = http.get(path, params={"limit": 100}).raise_for_status().json()
                return [message["body"] for message in messages["items"]]
    return []


def test_two_users_chat_in_the_terminal(talk: Start) -> None:
    grace = talk("grace")
    grace.wait_for("connected")
    ada = talk("ada", "--with", "grace")
    ada.type("half past eight?")
    assert ada.wait_for("half past eight?").endswith("you  half past eight?  ✓ stored")
    assert ada.leave() == (0, "")
    assert grace.wait_for("half past eight?").endswith("ada  half past eight?")
    assert grace.leave() == (0, "")
    again = talk("grace", "--with", "ada")
    again.wait_for("half past eight?")
    assert again.leave()[0] == 0
    assert sum("half past eight?" in line for line in again.lines) == 1


def test_a_wrong_password_is_reported_in_one_line(talk: Start) -> None:
    nobody = talk("nobody", password="wrong password")
    code, errors = nobody.leave()
    assert code == 1
    assert errors.startswith("backchannel: the server says: ")
    assert errors.count("\n") == 1


def test_invalid_utf_8_in_the_input_is_replaced_and_sent(
    talk: Start, running: ServerProcess, users: dict[str, Person]
) -> None:
    ada = talk("ada", "--with", "lin")
    ada.type(b"caf\xe9 \xff\x00!")
    ada.wait_for("✓ stored")
    assert ada.leave() == (0, "")
    assert bodies(running, users["lin"], users["ada"])[-1].startswith("caf\ufffd \ufffd")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("/etc/hosts is broken", "/etc/hosts is not a command"),
        ("/nosuch", "/nosuch is not a command"),
        ("/with", "/with needs a name"),
        ("/with nosuch", 'there is no user "nosuch"'),
        ("/with lin chu", "choose one of: king, lin"),
        ("/edit 1", "/edit N TEXT"),
        ("/react x 👍", "/react N EMOJI"),
        ("/file", "/file needs a path"),
        ("/file /nosuch", "/nosuch cannot be sent: No such file or directory"),
        ("/file ~nosuch/notes", "~nosuch/notes cannot be sent: "),
        ("/save", "/save N"),
    ],
)
def test_a_failed_command_is_reported_and_nothing_is_sent(
    talk: Start, running: ServerProcess, users: dict[str, Person], typed: str, message: str
) -> None:
    before = bodies(running, users["ada"], users["grace"])
    ada = talk("ada", "--with", "grace")
    ada.type(typed)
    ada.wait_for(message)
    assert ada.leave() == (1, "")
    assert bodies(running, users["ada"], users["grace"]) == before


@pytest.mark.parametrize("typed", ["/reply 999 huh", "x" * 70_000])
def test_a_refused_last_line_is_reported_and_not_kept(
    talk: Start, tmp_path: Path, typed: str
) -> None:
    ada = talk("ada", "--with", "grace")
    ada.type(typed)
    assert ada.leave() == (1, "")
    assert any("not sent: " in line for line in ada.lines)
    assert list((tmp_path / "state").rglob("*.json")) == []


def test_a_chat_with_yourself_is_refused(talk: Start) -> None:
    message = "you cannot talk to yourself; /people lists the other users"
    assert talk("ada", "--with", "ada").leave() == (1, f"backchannel: {message}\n")
    ada = talk("ada", "--with", "grace")
    ada.type("/with ada")
    ada.wait_for(message)
    assert ada.leave() == (1, "")


def test_text_without_a_chosen_user_is_reported_as_not_sent(talk: Start) -> None:
    ada = talk("ada")
    ada.type("hello")
    assert 'not sent: "hello"' in ada.wait_for("choose whom to talk to first")
    assert ada.leave()[0] == 1


def test_any_text_can_be_sent_and_any_user_chosen(
    talk: Start, running: ServerProcess, users: dict[str, Person]
) -> None:
    ada = talk("ada", "--with", "GRACE HOPPER")
    texts = ["//etc/hosts is broken", "  indented", "//", "//quit", " /quit", "“”", "a" * 3000]
    for text in texts:
        ada.type(text)
    ada.type('/with "Grace Hopper"')
    ada.type("last")
    ada.wait_for("last  ✓ stored")
    assert ada.leave() == (0, "")
    received = bodies(running, users["grace"], users["ada"])[-len(texts) - 1 :]
    assert received == [text.removeprefix("/") if text[:2] == "//" else text for text in texts] + [
        "last"
    ]


def test_history_goes_further_back_each_time(talk: Start) -> None:
    king = talk("king", "--with", "ada")
    for number in range(1, 46):
        king.type(f"number {number}.")
    king.wait_for("number 45.  ✓ stored")
    assert king.leave() == (0, "")
    ada = talk("ada", "--with", "king")
    ada.wait_for("— king, 26 to 45 —")
    for line in ("— king, 6 to 25 —", "— king, 1 to 5 —", "the conversation begins here"):
        ada.type("/history")
        ada.wait_for(line)
    assert ada.leave() == (0, "")
    assert all(
        sum(line.endswith(f"king  number {number}.") for line in ada.lines) == 1
        for number in range(1, 46)
    )


def test_messages_are_answered_edited_reacted_to_and_deleted(talk: Start) -> None:
    lin, king = talk("lin", "--with", "king"), talk("king", "--with", "lin")
    king.wait_for("— lin")
    lin.type("teh answer")
    lin.wait_for("teh answer  ✓ stored")
    king.wait_for("1 lin  teh answer")
    king.type("/reply 1 of what?")
    lin.wait_for("2 king  (to 1) of what?")
    lin.type("/search WHAT")
    until(lambda: sum("2 king  of what?" in line for line in lin.lines) == 1, "a hit", str)
    lin.type("/search nosuchword")
    lin.wait_for("no message contains these words")
    lin.type("/edit 1 the answer")
    king.wait_for("1 lin  edited: the answer")
    king.type("/react 1 👍")
    lin.wait_for('reactions to 1 "the answer": 👍 king')
    king.type("/delete 2")
    lin.wait_for("2 king  deleted a message")
    lin.type('/block "King"')
    lin.wait_for("king is blocked")
    king.type("are you there?")
    king.wait_for("not sent: ")
    lin.type("/unblock king")
    lin.wait_for("king is no longer blocked")
    king.type("are you there now?")
    lin.wait_for("are you there now?")
    assert lin.leave() == (0, "")
    assert king.leave() == (1, "")


def test_R2_unsent_messages_are_kept_and_sent_at_the_next_start(
    tmp_path: Path, chat: Start
) -> None:
    with server_process(tmp_path) as server:
        ada, grace = [asyncio.run(register(server.address, name)) for name in ("ada", "grace")]
        leaving = chat(server, "ada", "--with", "grace")
        leaving.type("before")
        leaving.wait_for("before  ✓ stored")
        server.kill()
        leaving.wait_for("connection lost; connecting again …")
        leaving.type("unsent and leaving")
        code, errors = leaving.leave()
        assert code == 1
        assert "1 message not sent; kept in " in errors
        assert sum("connection lost" in line for line in leaving.lines) == 1
        server.start()
        coming_back = chat(server, "ada")
        coming_back.wait_for("unsent and leaving  ✓ stored")
        assert coming_back.leave() == (0, "")
        once_more = chat(server, "ada")
        once_more.wait_for("grace")
        assert once_more.leave() == (0, "")
        assert bodies(server, grace, ada) == ["before", "unsent and leaving"]


def test_R14_a_throttled_message_is_sent_again_later(tmp_path: Path, chat: Start) -> None:
    count = 40
    with server_process(tmp_path, limits_send_rate="10", limits_send_burst="10") as server:
        ada, grace = [asyncio.run(register(server.address, name)) for name in ("ada", "grace")]
        client = chat(server, "ada", "--with", "grace")
        for number in range(count):
            client.type(f"{number}")
        assert client.leave() == (0, "")
        assert bodies(server, grace, ada) == [f"{number}" for number in range(count)]


def test_presence_is_sent_after_a_reconnect_too(tmp_path: Path, chat: Start) -> None:
    with server_process(tmp_path) as server:
        for name in ("ada", "grace"):
            asyncio.run(register(server.address, name))
        ada = chat(server, "ada", "--with", "grace")
        ada.type("hello")
        ada.wait_for("hello  ✓ stored")
        grace = chat(server, "grace", "--with", "ada")
        grace.type("hello to you")
        grace.wait_for("ada is online")
        server.kill()
        server.start()
        for each in (ada, grace):
            each.wait_for("connected again")
        ada.type("still there?")
        grace.wait_for("still there?")
        ada.leave()
        grace.wait_for("ada is away")
        assert grace.leave() == (0, "")
