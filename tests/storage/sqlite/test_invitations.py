"""Invitations that are no longer valid are deleted, a bounded number at a time."""

import sqlite3
from contextlib import closing
from pathlib import Path

from backchannel.storage.opening import open_storage
from backchannel.storage.sql.invitations import EXPIRED, FORGOTTEN
from backchannel.storage.sql.sqlite.statements import Query
from tests.storage.people import AT, make_account
from tests.storage.test_invitations import LATER, invitation


async def test_expired_invitations_are_deleted_a_hundred_at_a_time(tmp_path: Path) -> None:
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    for number in range(FORGOTTEN + 5):
        await storage.create_invitation(invitation(f"{number}", None), limit=9)
    with closing(sqlite3.connect(tmp_path / "chat.db")) as driver:

        def count() -> int:
            return len(driver.execute("SELECT code FROM invitation").fetchall())

        assert count() == FORGOTTEN + 5
        await storage.create_invitation(invitation("later", None, at=LATER), limit=9)
        assert count() == 5 + 1
        await storage.create_invitation(invitation("last", None, at=LATER), limit=9)
        assert count() == 2
        query = Query(EXPIRED, str)
        plan = driver.execute(f"EXPLAIN QUERY PLAN {query.text}", {"at": AT, **query.constants})
        assert not [step for *_, step in plan if step.startswith("SCAN invitation")]
    await storage.close()


async def test_an_invitation_is_deleted_with_its_last_use(tmp_path: Path) -> None:
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    await storage.create_invitation(invitation("code", None, uses=2), limit=9)
    with closing(sqlite3.connect(tmp_path / "chat.db")) as driver:
        left: list[list[tuple[int]]] = []
        for name in ("ada", "bob"):
            await storage.create_user(make_account(name), invitation="code")
            left.append(driver.execute("SELECT uses FROM invitation").fetchall())
    assert left == [[(1,)], []]
    await storage.close()
