"""R1, R9: a killed or frozen server loses nothing acknowledged, and requests do not wait."""

import asyncio
import time

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.domain.messages import Message
from backchannel.ports.storage import Stored
from backchannel.storage.mongodb import link
from backchannel.storage.mongodb.opening import open_mongodb
from backchannel.storage.mongodb.storage import MongoStorage
from tests.storage.killed_writer import kill_writers, require_kept
from tests.storage.mongodb.conftest import FORGOTTEN_SOCKETS, NAME, until_there
from tests.storage.people import AT, Pair, make_pair, whole_log
from tests.support.mongod import Mongod

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.filterwarnings(FORGOTTEN_SOCKETS)]

KILLS = pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.nightly)])


@pytest.fixture(autouse=True)
def patient() -> None:
    """Use the limits of the product: an outage must be noticed."""


async def all_messages(storage: MongoStorage, pair: Pair) -> list[Message]:
    found: list[Message] = []
    while page := await storage.history(pair.id, after=len(found), limit=1_000):
        found += page
    return found


async def require_all(storage: MongoStorage, pair: Pair, acknowledged: dict[str, str]) -> None:
    """Require each acknowledged message once, without gaps, and in both logs."""
    messages = await all_messages(storage, pair)
    assert [each.seq for each in messages] == list(range(1, len(messages) + 1))
    keys = [each.client_id for each in messages]
    assert len(set(keys)) == len(keys)
    assert acknowledged.items() <= {each.client_id: each.id for each in messages}.items()
    for user_id in (pair.ada, pair.bob):
        events = await whole_log(storage, user_id)
        assert [each.position for each in events] == list(range(1, len(messages) + 1))


@pytest.mark.timeout(600)
@KILLS
async def test_R1_R9_a_killed_server_loses_nothing_acknowledged(
    server: Mongod, storage: MongoStorage, kills: int
) -> None:
    pair = await make_pair(storage)
    acknowledged: dict[str, str] = {}
    over = False

    async def send_for_ever(number: int) -> None:
        count = 0
        while not over:
            draft = pair.draft("x" * 300, client_id=f"{number}-{count}")
            try:
                (outcome,) = await storage.append([draft], at=AT)
            except Unavailable:
                await asyncio.sleep(0.02)  # and send it again: its outcome is unknown
                continue
            assert isinstance(outcome, Stored)
            acknowledged[draft.client_id] = outcome.message.id
            count += 1

    senders = [asyncio.create_task(send_for_ever(each)) for each in range(4)]
    for _ in range(kills):
        before = len(acknowledged)
        while len(acknowledged) < before + 40:  # noqa: ASYNC110 - the senders only count
            await asyncio.sleep(0.01)
        server.kill()
        await asyncio.to_thread(server.start)
    over = True
    await asyncio.gather(*senders)
    await until_there(lambda: require_all(storage, pair, acknowledged))


@pytest.mark.timeout(600)
@KILLS
async def test_R1_killing_the_writing_process_loses_nothing_acknowledged(
    server: Mongod, kills: int
) -> None:
    url = server.url(NAME)
    acknowledged = await kill_writers(url, kills)
    storage = await open_mongodb(url)
    await require_kept(storage, acknowledged)
    await storage.close()


@pytest.mark.timed
async def test_R9_requests_to_a_frozen_server_are_refused_at_once_after_the_first(
    server: Mongod, storage: MongoStorage
) -> None:
    pair = await make_pair(storage)
    server.freeze()
    try:
        with pytest.raises(Unavailable):
            await storage.append([pair.draft("into the ice", client_id="key")], at=AT)
        began = time.monotonic()
        for work in (
            storage.append([pair.draft("again")], at=AT),
            storage.history(pair.id, limit=5),
            storage.check(),
        ):
            with pytest.raises(Unavailable) as caught:
                await work
            assert caught.value.retry_after
        assert time.monotonic() - began < link.OPERATION_MS / 1_000, "no request waited"
    finally:
        server.thaw()
    (outcome,) = await until_there(
        lambda: storage.append([pair.draft("into the ice", client_id="key")], at=AT)
    )
    assert isinstance(outcome, Stored)
    messages = await until_there(lambda: all_messages(storage, pair))
    assert [each.body for each in messages] == ["into the ice"]
