"""The users' logs: read page by page, trimmed."""

import pytest

from backchannel.domain.errors import NotFound
from backchannel.domain.events import LogHead
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage
from tests.storage.people import AT, Pair, send, whole_log


async def test_a_log_is_read_page_by_page(storage: Storage, pair: Pair) -> None:
    await send(storage, *(pair.draft(str(number)) for number in range(10)))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 5)])
    everything = await whole_log(storage, pair.ada)
    assert [event.position for event in everything] == list(range(1, 12))
    assert [event.previous for event in everything] == list(range(11))
    first = await storage.log(pair.ada, after=0, limit=4)
    second = await storage.log(pair.ada, after=4, limit=7)
    assert (first.complete, second.complete) == (False, True)
    assert [*first.events, *second.events] == everything
    assert first.head == second.head == (await storage.heads([pair.ada]))[pair.ada]
    assert (await storage.log_state(pair.ada)).head == first.head
    end = await storage.log(pair.ada, after=11, limit=4)
    assert (end.events, end.complete) == ((), True)


async def test_an_unknown_user_has_no_log(storage: Storage) -> None:
    with pytest.raises(NotFound):
        await storage.log("nobody", after=0, limit=1)
    with pytest.raises(NotFound):
        await storage.log_state("nobody")


async def head(storage: Storage, user_id: str) -> LogHead:
    return (await storage.heads([user_id]))[user_id]


async def test_trimming_keeps_unacknowledged_entries(storage: Storage, pair: Pair) -> None:
    await send(storage, *(pair.draft(str(number)) for number in range(10)))
    assert await storage.trim_logs(before=AT + 1, keep=0) == 0
    await storage.acknowledge([Acknowledgement(pair.bob, "", 6)])
    assert await storage.trim_logs(before=AT + 1, keep=0) == 6
    assert (await head(storage, pair.bob)).floor == 6
    assert (await head(storage, pair.ada)).floor == 0
    page = await storage.log(pair.bob, after=0, limit=3)
    assert [event.position for event in page.events] == [7, 8, 9]
    assert page.head.floor == 6
    assert await storage.trim_logs(before=AT + 1, keep=0) == 0
    await send(storage, pair.draft("next"))
    assert (await head(storage, pair.bob)).position == 11


async def test_trimming_by_age_and_by_number(storage: Storage, pair: Pair) -> None:
    for number in range(10):
        await send(storage, pair.answer(str(number)), at=AT + number)
    await storage.acknowledge([Acknowledgement(pair.bob, "", 10)])
    assert await storage.trim_logs(before=AT, keep=100) == 0
    assert await storage.trim_logs(before=AT + 3, keep=100) == 3
    assert await storage.trim_logs(before=AT, keep=4) == 3
    assert (await head(storage, pair.bob)).floor == 6
    assert await storage.trim_logs(before=AT + 100, keep=100) == 4
    assert await head(storage, pair.bob) == LogHead(10, (await head(storage, pair.bob)).epoch, 10)


async def test_R11_a_clock_that_jumped_back_trims_nothing_new(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.answer("before"), at=AT + 100)
    await send(storage, pair.answer("after the jump"), at=AT)
    await storage.acknowledge([Acknowledgement(pair.bob, "", 2)])
    assert await storage.trim_logs(before=AT + 50, keep=100) == 0
