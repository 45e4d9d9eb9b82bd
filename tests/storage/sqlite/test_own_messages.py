"""The log of a database from before a user's own messages had a separate kind."""

import sqlite3
from pathlib import Path

from backchannel.domain.events import EventKind
from backchannel.ports.storage import Acknowledgement
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.log_writer import OWN_MESSAGE
from tests.storage.people import add_login, make_login, make_pair, send
from tests.storage.sqlite.older import make_older


def version_of(path: Path) -> str:
    """The revision of a database that is not open."""
    database = sqlite3.connect(path)
    (version,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    database.close()
    return str(version)


def own_messages(path: Path) -> int:
    """The number of log entries, of users who are offline, of a kind that revision 0005 lacks."""
    database = sqlite3.connect(path)
    query = "SELECT count(*) FROM log WHERE kind = ?"
    (count,) = database.execute(query, [OWN_MESSAGE]).fetchone()
    database.close()
    return int(count)


async def test_R6_migrated_logs_distinguish_sent_and_received_messages(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chat.db"
    storage = await open_storage(url)
    pair = await make_pair(storage)
    logins = {user_id: make_login(user_id) for user_id in (pair.ada, pair.bob)}
    for login in logins.values():
        await add_login(storage, login)
    await send(storage, pair.draft("one"), pair.answer("two"), pair.draft("three"))
    await storage.close()
    assert own_messages(tmp_path / "chat.db") == 3
    make_older(tmp_path / "chat.db", "0005")

    storage = await open_storage(url)
    page = await storage.log(pair.ada, after=0, limit=9)
    assert [event.payload.kind for event in page.events] == [EventKind.MESSAGE] * 3
    for user_id, delivered in ((pair.ada, 2), (pair.bob, 3)):
        position = Acknowledgement(user_id, logins[user_id].id, 3)
        events = await storage.acknowledge([position])
        assert [event.payload.content.delivered_seq for event in events] == [delivered]  # type: ignore[union-attr]
    await storage.close()
