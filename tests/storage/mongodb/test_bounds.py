"""Maintenance works in bounded transactions, and hides no damage."""

import asyncio

import bson
import pytest
from pymongo.errors import DocumentTooLarge

from backchannel.domain.erasures import new_erasure
from backchannel.domain.events import Event, EventKind
from backchannel.domain.messages import BODY_LIMIT, PAGE_BYTES
from backchannel.domain.revisions import react
from backchannel.ports.storage import Acknowledgement
from backchannel.storage.mongodb import log, sessions
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.redo import Redo
from backchannel.storage.mongodb.staging import Statements, Transaction
from backchannel.storage.shared.checksummed_message import DAMAGED
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS
from tests.storage.people import AT, bodies, make_pair, make_user, send, session_draft
from tests.support import mongod
from tests.support.engines import ON_MONGODB

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]


@pytest.fixture
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    server = mongod.shared()
    server.empty_for(str(tmp_path_factory.mktemp("tenant")), ON_MONGODB)
    return server.url(ON_MONGODB)


async def test_each_transaction_of_trimming_is_bounded(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_ENTRIES", 3)
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(str(number)) for number in range(10)))
    await storage.acknowledge([Acknowledgement(each, "", 10) for each in (pair.ada, pair.bob)])
    gone: list[int] = []
    trim_page = log.trim_page

    async def counted(
        transaction: Transaction, *, after: str, before: int, keep: int
    ) -> tuple[int, str | None]:
        count, following = await trim_page(transaction, after=after, before=before, keep=keep)
        gone.append(count)
        return count, following

    monkeypatch.setattr(log, "trim_page", counted)
    assert await storage.trim_logs(before=AT + 1, keep=0) == sum(gone) == 20
    assert max(gone) == 3
    heads = await storage.heads([pair.ada, pair.bob])
    assert [each.floor for each in heads.values()] == [10, 10]
    await storage.close()


async def test_R18_S22_an_erasure_does_not_give_a_damaged_message_a_valid_checksum(
    url: str,
) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    await send(storage, pair.answer("one"), pair.answer("two"))
    reaction = react(pair.ada, "🔥", active=True)
    await storage.change(pair.id, 2, EventKind.REACTION, reaction)
    with mongod.shared().client() as client:
        client[ON_MONGODB]["backchannel.messages"].update_many(
            {"members": pair.bob}, {"$set": {"body": "flipped"}}
        )
    erasure = new_erasure(pair.ada, at=AT)
    await storage.request_erasure(erasure)
    while not (await storage.erase_part(erasure.id, limit=9, at=AT)).complete:
        pass
    assert await bodies(storage, pair.id) == [DAMAGED, DAMAGED]
    await storage.close()


async def test_S22_each_transaction_of_an_erasure_changes_a_bounded_number_of_bytes(
    url: str,
) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    fitting = PAGE_BYTES // BODY_LIMIT
    await send(storage, *(pair.draft("x" * BODY_LIMIT) for _ in range(2 * fitting)))
    erasure = new_erasure(pair.ada, at=AT)
    await storage.request_erasure(erasure)
    gone: list[int] = []
    while not (part := await storage.erase_part(erasure.id, limit=500, at=AT)).complete:
        gone.append(len(part.events))
    assert sum(gone) == 2 * fitting
    assert max(gone) == fitting
    await storage.close()


async def test_R7_each_transaction_that_deletes_a_session_is_bounded(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PAGE", 3)
    storage = await open_mongodb(url)
    user_id = await make_user(storage)
    session, _ = await storage.create_session(user_id, "key", name="Plans", at=AT)
    await send(storage, *(session_draft(user_id, "key", str(number)) for number in range(7)))
    ends: list[int | None] = []
    delete_page = sessions.delete_page

    async def counted(
        transaction: Transaction, user_id: str, key: str, *, after: int, at: int
    ) -> tuple[int | None, list[Event]]:
        end, events = await delete_page(transaction, user_id, key, after=after, at=at)
        ends.append(end)
        return end, events

    monkeypatch.setattr(sessions, "delete_page", counted)
    (event,) = await storage.delete_session(user_id, "key", at=AT)
    assert event.user_id == user_id
    assert ends == [3, 6, 7, None]
    assert await bodies(storage, session.id) == [""] * 7
    await storage.close()


async def test_a_document_that_is_too_large_fails_its_own_transaction_only(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await open_mongodb(url)
    pair = await make_pair(storage)
    commit = Redo.commit

    async def refuse_large(redo: Redo, number: int, statements: Statements) -> bool:
        if b"too large" in bson.encode(statements):
            raise DocumentTooLarge("as the driver does, which does not call it a PyMongoError")
        return await commit(redo, number, statements)

    monkeypatch.setattr(Redo, "commit", refuse_large)
    async with asyncio.timeout(60):
        refused, *stored = await asyncio.gather(
            *(storage.append([pair.draft(text)], at=AT) for text in ("too large", "one", "two")),
            return_exceptions=True,
        )
    assert isinstance(refused, DocumentTooLarge)
    assert not any(isinstance(each, BaseException) for each in stored)
    assert sorted(await bodies(storage, pair.id)) == ["one", "two"]
    await storage.close()
