"""Each account of each server has its own folder."""

from pathlib import Path

import pytest

from backchannel.cli.chat.account import account_folder


def test_each_account_of_each_server_has_its_own_folder(
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
