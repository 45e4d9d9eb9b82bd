"""What was typed and not sent is on disk, for its own account only."""

import stat
from pathlib import Path

import pytest

from backchannel.cli.chat.unsent import Message, UnsentMessages, account_folder
from backchannel.domain.ids import new_id


@pytest.fixture
def unsent(tmp_path: Path) -> UnsentMessages:
    return UnsentMessages(tmp_path / "state" / "account")


def message(body: str) -> Message:
    return Message(new_id(), "g", body)


def test_R2_messages_come_back_in_their_order_with_their_ids(unsent: UnsentMessages) -> None:
    kept = [message(f"{number}\nsecond line 👍") for number in range(30)]
    for each in kept:
        unsent.keep(each)
    assert UnsentMessages(unsent.folder).left() == (kept, [])


def test_what_was_answered_is_gone(unsent: UnsentMessages) -> None:
    first, second = message("a"), message("b")
    unsent.keep(first)
    unsent.keep(second)
    unsent.forget(first.client_id)
    unsent.forget(first.client_id)
    assert unsent.left() == ([second], [])


def test_nothing_is_left_where_nothing_was(unsent: UnsentMessages) -> None:
    assert unsent.left() == ([], [])


def test_only_the_owner_can_read_it(unsent: UnsentMessages) -> None:
    unsent.keep(message("secret"))
    assert stat.S_IMODE(unsent.folder.stat().st_mode) == 0o700
    for path in unsent.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_file_costs_no_other_message(unsent: UnsentMessages) -> None:
    good = message("good")
    unsent.keep(good)
    damaged = unsent.folder / "0.json"
    damaged.write_text('{"type":"send","client_')
    assert unsent.left() == ([good], [damaged])


def test_each_account_of_each_server_has_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folders = {
        account_folder(url, user_id)
        for url in ("https://a.example", "https://b.example", "http://a.example")
        for user_id in ("1", "2", "../../1", "..", "")
    }
    assert len(folders) == 15
    assert {folder.parent for folder in folders} == {tmp_path / "backchannel" / "chat"}
    assert all(folder.name not in {".", ".."} for folder in folders)
