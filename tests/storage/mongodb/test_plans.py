"""The cost of a page depends only on its content.

The contract suite shows that each query has an index: its server refuses all others.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Storage
from backchannel.storage.mongodb.opening import open_mongodb
from tests.storage.people import AT, make_user, send
from tests.support import mongod
from tests.support.engines import ON_MONGODB

pytestmark = pytest.mark.service

PAGE = 10
PEERS = 40
MESSAGES = 20


@contextmanager
def profiled() -> Iterator[list[dict[str, Any]]]:
    """The server's operations during the block, one by one."""
    operations: list[dict[str, Any]] = []
    with mongod.shared().client() as client:
        database = client[ON_MONGODB]
        database.command("profile", 2)
        try:
            yield operations
        finally:
            database.command("profile", 0)
            found = database["system.profile"].find({"ns": {"$regex": "backchannel"}})
            operations += found.hint([("$natural", 1)])
            database["system.profile"].drop()


@pytest.fixture
async def filled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Storage, str]]:
    server = mongod.shared()
    server.empty_for(str(tmp_path_factory.mktemp("tenant")), ON_MONGODB)
    storage = await open_mongodb(server.url(ON_MONGODB))
    ada = await make_user(storage)
    for number in range(PEERS):
        peer = await make_user(storage)
        conversation = direct_conversation_id(ada, peer)
        drafts = [Draft(conversation, peer, ada, f"{n}", "hello") for n in range(MESSAGES)]
        await send(storage, *drafts, at=AT + number)
    yield storage, ada
    await storage.close()


async def test_R13_a_page_examines_only_the_documents_it_returns(
    filled: tuple[Storage, str],
) -> None:
    storage, ada = filled
    views = await storage.conversations(ada, before=None, limit=PAGE)
    view = views[-1]
    pages: list[Callable[[], Awaitable[object]]] = [
        lambda: storage.conversations(ada, before=(view.updated_at, view.id), limit=PAGE),
        lambda: storage.conversations(ada, before=None, limit=PAGE, kind=view.kind),
        lambda: storage.history(view.id, before=15, limit=PAGE),
        lambda: storage.history(view.id, after=3, limit=PAGE),
        lambda: storage.undeleted(view.id, before=None, limit=PAGE),
        lambda: storage.log(ada, after=PEERS, limit=PAGE),
        lambda: storage.list_users(after=None, limit=PAGE),
        lambda: storage.unanswered(limit=PAGE),
        lambda: storage.heads([ada, view.peer_id]),
        lambda: storage.owned_files(ada, after="", limit=PAGE),
    ]
    for page in pages:
        with profiled() as operations:
            await page()
        assert operations
        for each in operations:
            assert "COLLSCAN" not in each.get("planSummary", ""), each
            assert each.get("docsExamined", 0) <= PAGE + 2, each
            assert each.get("keysExamined", 0) <= 3 * PAGE, each
