"""R3, R4: users whose conversation begins between locking and reading are locked as well."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from backchannel.domain.events import EventKind
from backchannel.domain.revisions import react
from backchannel.domain.users import FirstMessages, PrivacyPatch
from backchannel.ports.storage import ReadMark, Storage
from backchannel.storage.sql.database import BoundQuery
from backchannel.storage.sql.servers.connection import ServerTransaction
from tests.storage.openers import OPENERS, Opener
from tests.storage.people import AT, Pair, make_pair, make_user, send, whole_log

SERVERS = [each for each in OPENERS if each.name in {"postgresql", "mariadb"}]
Write = Callable[[Storage, Pair], Awaitable[object]]


async def read(storage: Storage, pair: Pair) -> None:
    """The reader is locked as a member of another conversation; the sender is not locked yet."""
    await send(storage, pair.draft("first"))
    older = await storage.create_direct(pair.bob, await make_user(storage), at=AT)
    marks = [ReadMark(pair.bob, each, 1) for each in (older.id, pair.id)]
    assert len(await storage.mark_read(marks)) == 2


async def change(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("first"))
    reaction = react(pair.bob, "👍", active=True)
    changed = await storage.change(pair.id, 1, EventKind.REACTION, reaction)
    assert len(changed.events) == 2


async def accept(storage: Storage, pair: Pair) -> None:
    await storage.change_privacy(
        pair.bob, PrivacyPatch(first_messages=FirstMessages.REQUESTS), at=AT
    )
    await send(storage, pair.draft("first"))
    assert await storage.answer_request(pair.bob, pair.id, accepted=True, at=AT)


@pytest.fixture(params=[pytest.param(each, id=each.name, marks=each.marks) for each in SERVERS])
def server(request: pytest.FixtureRequest) -> Opener:
    chosen: Opener = request.param
    return chosen


@pytest.mark.parametrize("write", [read, change, accept])
async def test_R4_members_of_a_conversation_created_after_locking_are_locked_too(
    server: Opener, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await server.open(tmp_path)
    pair = await make_pair(storage)
    together = ServerTransaction.fetch_together
    earlier = 0

    async def lock_earlier(
        self: ServerTransaction, *queries: BoundQuery[Any]
    ) -> tuple[list[Any], ...]:
        """The first time, return the users to lock as before the conversation began."""
        nonlocal earlier
        locks, *others = queries
        named = locks.parameters.get("members_of")
        if isinstance(named, list) and pair.id in named and not earlier:
            earlier += 1
            known = [each for each in named if each != pair.id]
            locks = locks._replace(parameters={"members_of": known})
        return await together(self, locks, *others)

    monkeypatch.setattr(ServerTransaction, "fetch_together", lock_earlier)
    await write(storage, pair)
    assert earlier == 1
    for user_id in (pair.ada, pair.bob):
        positions = [event.position for event in await whole_log(storage, user_id)]
        assert positions == list(range(1, len(positions) + 1))
    await storage.close()
