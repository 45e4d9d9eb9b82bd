"""The views for other programs: `users`, `messages`, `files`."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from backchannel.storage.opening import open_storage
from tests.storage.people import PASSWORD_HASH, make_pair, send
from tests.storage.test_files import make_file, naming
from tests.support import mariadb
from tests.support.engines import DATABASES, drop_databases

pytestmark = pytest.mark.service

USERS = "SELECT * FROM users"
MESSAGES = "SELECT message_id, sender_id, receiver_id, content FROM messages"
FILES = "SELECT file_id, message_id, file_url, file_type, file_size FROM files"


@pytest.fixture(params=["postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    chosen: str = request.param
    yield chosen
    drop_databases()


async def read(url: str, query: str) -> list[tuple[object, ...]]:
    """Read a view as another program does."""
    if url.startswith("postgresql"):
        connection = await asyncpg.connect(url.partition("?")[0])
        rows = [tuple(each) for each in await connection.fetch(query)]
        await connection.close()
        return rows
    driver = await mariadb.connected(url)
    rows = [tuple(each) for each in await driver.fetch(query)]
    driver.terminate()
    return rows


async def test_the_views_show_users_messages_and_files(engine: str, tmp_path: Path) -> None:
    url = await DATABASES[engine](tmp_path)
    storage = await open_storage(url)
    pair = await make_pair(storage)
    file = await make_file(storage, pair.ada)
    (first,) = await send(storage, naming(pair.draft(""), file))
    (second,) = await send(storage, pair.answer("hello"))
    await storage.close()
    users = await read(url, USERS)
    assert {row[0] for row in users} == {pair.ada, pair.bob}
    assert PASSWORD_HASH not in str(users)
    assert sorted(await read(url, MESSAGES)) == sorted(
        [
            (first.message.id, pair.ada, pair.bob, ""),
            (second.message.id, pair.bob, pair.ada, "hello"),
        ]
    )
    assert await read(url, FILES) == [
        (file.id, first.message.id, f"/v1/files/{file.id}", file.media_type, file.size)
    ]
    quote = '"' if engine == "postgresql" else "`"
    later = f"SELECT count(*) FROM messages WHERE {quote}createdAt{quote} > '2023-11-14'"  # noqa: S608
    assert await read(url, later) == [(2,)]
