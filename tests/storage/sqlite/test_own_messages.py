"""The log of a database that was written before messages of one's own had a kind of their own."""

import sqlite3
from pathlib import Path

from backchannel.domain.events import EventKind
from backchannel.ports.storage import Acknowledgement
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.ledger import OWN_MESSAGE
from tests.storage.people import make_login, make_pair, send


def make_older(path: Path) -> int:
    """Make the log what revision 0005 wrote; how many entries that changes."""
    older = sqlite3.connect(path)
    changed = older.execute("UPDATE log SET kind = 1 WHERE kind = ?", [OWN_MESSAGE]).rowcount
    older.execute("UPDATE alembic_version SET version_num = '0005'")
    older.commit()
    older.close()
    return changed


def version_of(path: Path) -> str:
    """The revision of a database that is not open."""
    database = sqlite3.connect(path)
    (version,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    database.close()
    return str(version)


def own_messages(path: Path) -> int:
    """How many entries of a log that nobody has open are of a kind that revision 0005 lacks."""
    database = sqlite3.connect(path)
    query = "SELECT count(*) FROM log WHERE kind = ?"
    (count,) = database.execute(query, [OWN_MESSAGE]).fetchone()
    database.close()
    return int(count)


async def test_R6_an_older_log_tells_what_was_sent_from_what_was_received(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chat.db"
    storage = await open_storage(url)
    pair = await make_pair(storage)
    logins = {user_id: make_login(user_id) for user_id in (pair.ada, pair.bob)}
    for login in logins.values():
        await storage.create_login(login)
    await send(storage, pair.draft("one"), pair.answer("two"), pair.draft("three"))
    await storage.close()
    assert make_older(tmp_path / "chat.db") == 3

    storage = await open_storage(url)
    page = await storage.log(pair.ada, after=0, limit=9)
    assert [event.fact.kind for event in page.events] == [EventKind.MESSAGE] * 3
    for user_id, delivered in ((pair.ada, 2), (pair.bob, 3)):
        position = Acknowledgement(user_id, logins[user_id].id, 3)
        events = await storage.acknowledge([position])
        assert [event.fact.content.delivered_seq for event in events] == [delivered]  # type: ignore[union-attr]
    await storage.close()
