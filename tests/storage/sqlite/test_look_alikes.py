"""Accounts from before look-alike names were refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backchannel.domain.errors import UsernameTaken
from backchannel.storage.opening import open_storage
from tests.storage.people import make_user
from tests.storage.sqlite.older import make_older


async def test_R19_older_look_alike_accounts_stay_and_the_first_one_owns_the_skeleton(
    tmp_path: Path,
) -> None:
    path = tmp_path / "chat.db"
    storage = await open_storage(f"sqlite:///{path}")
    await make_user(storage, "ada")
    await make_user(storage, "bob")
    await storage.close()
    make_older(path, "0008")
    with closing(sqlite3.connect(path)) as older, older:
        older.execute(
            "UPDATE account SET username = ?1, username_key = ?1 WHERE username = 'bob'", ["аԁа"]
        )
    storage = await open_storage(f"sqlite:///{path}")
    for name in ("ada", "аԁа"):
        account = await storage.account_by_username(name)
        assert account is not None
        assert account.user.username == name
    with pytest.raises(UsernameTaken):
        await make_user(storage, "ɑda")
    await storage.close()
