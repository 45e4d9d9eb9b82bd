"""The marks of a database from before blocks held marks back."""

from pathlib import Path

from backchannel.domain.conversations import Marks
from backchannel.ports.storage import ReadMark
from backchannel.storage.opening import open_storage
from tests.storage.people import make_pair, send
from tests.storage.sqlite.older import make_older


async def test_R6_the_marks_of_a_migrated_database_count_as_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chat.db"
    storage = await open_storage(url)
    pair = await make_pair(storage)
    await send(storage, pair.draft("one"), pair.draft("two"))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 1)])
    await storage.close()
    make_older(tmp_path / "chat.db", "0006")
    storage = await open_storage(url)
    view = await storage.conversation(pair.ada, pair.id)
    await storage.close()
    assert view is not None
    assert view.theirs == Marks(1, 1)
