"""R6: receipts are monotonic, never past the last message, and members only."""

import asyncio

from backchannel.domain.conversations import Marks, Receipt
from backchannel.domain.events import EventKind
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage
from tests.storage.people import (
    AT,
    Pair,
    add_login,
    make_login,
    make_pair,
    make_user,
    send,
    session_draft,
    whole_log,
)


async def marks(storage: Storage, pair: Pair, reader: str) -> Marks:
    """A member's marks, which both members must see alike."""
    mine = await storage.conversation(reader, pair.id)
    peer = pair.bob if reader == pair.ada else pair.ada
    theirs = await storage.conversation(peer, pair.id)
    assert mine is not None
    assert theirs is not None
    assert mine.mine == theirs.theirs
    return mine.mine


async def test_R6_a_read_mark_only_moves_forward(storage: Storage, pair: Pair) -> None:
    await send(storage, *(pair.draft(str(number)) for number in range(5)))
    (own, peer) = await storage.mark_read([ReadMark(pair.bob, pair.id, 3)])
    receipt = Receipt(pair.id, pair.bob, delivered_seq=3, read_seq=3)
    assert (own.user_id, own.payload.kind, own.payload.content) == (
        pair.bob,
        EventKind.RECEIPT,
        receipt,
    )
    assert (peer.user_id, peer.payload.content) == (pair.ada, receipt)
    assert (await whole_log(storage, pair.ada))[-1] == peer
    for seq in (3, 1, 0, -5):
        assert not await storage.mark_read([ReadMark(pair.bob, pair.id, seq)])
    assert await marks(storage, pair, pair.bob) == Marks(3, 3)


async def test_R6_a_read_mark_ends_at_the_last_message(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("one"), pair.draft("two"))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 10**15)])
    assert await marks(storage, pair, pair.bob) == Marks(2, 2)


async def test_R6_marks_of_users_outside_the_conversation_change_nothing(
    storage: Storage, pair: Pair
) -> None:
    stranger = await make_user(storage)
    await send(storage, pair.draft("one"))
    assert not await storage.mark_read(
        [
            ReadMark(stranger, pair.id, 1),
            ReadMark("nobody", pair.id, 1),
            ReadMark(pair.bob, "nowhere", 1),
        ]
    )
    assert await storage.mark_read([]) == []
    assert await marks(storage, pair, pair.bob) == Marks()


async def test_R6_marks_in_one_call_are_one_receipt(storage: Storage, pair: Pair) -> None:
    other = await make_pair(storage)
    await send(storage, *(pair.draft(str(number)) for number in range(5)), other.draft("x"))
    events = await storage.mark_read(
        [ReadMark(pair.bob, pair.id, seq) for seq in (2, 4, 1)] + [ReadMark(other.bob, other.id, 1)]
    )
    assert len(events) == 4
    assert await marks(storage, pair, pair.bob) == Marks(4, 4)
    assert await marks(storage, other, other.bob) == Marks(1, 1)


async def test_R6_concurrent_marks_end_at_the_highest(storage: Storage, pair: Pair) -> None:
    await send(storage, *(pair.draft(str(number)) for number in range(30)))
    await asyncio.gather(
        *(storage.mark_read([ReadMark(pair.bob, pair.id, seq * 7 % 31)]) for seq in range(31))
    )
    assert await marks(storage, pair, pair.bob) == Marks(30, 30)
    receipts = [
        event.payload.content
        for event in await whole_log(storage, pair.ada)
        if isinstance(event.payload.content, Receipt)
    ]
    seqs = [receipt.read_seq for receipt in receipts]
    assert seqs == sorted(set(seqs))


async def test_acknowledging_moves_the_delivered_mark(storage: Storage, pair: Pair) -> None:
    login = make_login(pair.bob)
    await add_login(storage, login)
    await send(storage, *(pair.draft(str(number)) for number in range(5)), pair.answer("own"))
    (event,) = await storage.acknowledge([Acknowledgement(pair.bob, login.id, 3)])
    assert (event.user_id, event.payload.content) == (pair.ada, Receipt(pair.id, pair.bob, 3, 0))
    assert (await storage.log_state(pair.bob)).delivered_position == 3
    assert not await storage.acknowledge([Acknowledgement(pair.bob, login.id, 2)])
    (event,) = await storage.acknowledge([Acknowledgement(pair.bob, login.id, 10**12)])
    assert event.payload.content == Receipt(pair.id, pair.bob, 5, 0)
    stored = await storage.login(login.id)
    assert stored is not None
    assert stored.position == 6 == (await storage.log_state(pair.bob)).delivered_position
    assert await marks(storage, pair, pair.bob) == Marks(5, 0)


async def test_each_device_has_its_position(storage: Storage, pair: Pair) -> None:
    phone, laptop = make_login(pair.bob), make_login(pair.bob)
    for login in (phone, laptop):
        await add_login(storage, login)
    await send(storage, *(pair.draft(str(number)) for number in range(5)))
    events = await storage.acknowledge(
        [
            Acknowledgement(pair.bob, phone.id, 4),
            Acknowledgement(pair.bob, laptop.id, 2),
            Acknowledgement(pair.bob, phone.id, 3),
            Acknowledgement(pair.bob, "no such login", 1),
            Acknowledgement("nobody", phone.id, 9),
        ]
    )
    assert len(events) == 1
    positions = [await storage.login(login.id) for login in (phone, laptop)]
    assert [login.position for login in positions if login] == [4, 2]
    assert not await storage.acknowledge([Acknowledgement(pair.bob, laptop.id, 4)])
    assert await storage.acknowledge([]) == []


async def test_one_receipt_per_conversation_and_reader(storage: Storage) -> None:
    bob = await make_user(storage)
    pairs = [await make_pair(storage) for _ in range(3)]
    for pair in pairs:
        await send(storage, *(pair.draft(str(number)) for number in range(10)))
    events = await storage.acknowledge([Acknowledgement(pair.bob, "", 10) for pair in pairs])
    assert {event.user_id for event in events} == {pair.ada for pair in pairs}
    assert len(events) == 3
    assert not await storage.acknowledge([Acknowledgement(bob, "", 10)])


async def test_reading_a_message_marks_it_as_delivered(storage: Storage, pair: Pair) -> None:
    await send(storage, *(pair.draft(str(number)) for number in range(5)))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 4)])
    assert not await storage.acknowledge([Acknowledgement(pair.bob, "", 3)])
    assert await marks(storage, pair, pair.bob) == Marks(4, 4)


async def test_the_responder_gets_no_receipts(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Session", at=AT)
    draft = session_draft(pair.ada, "key", "hello")
    await send(storage, draft)
    events = await storage.mark_read([ReadMark(pair.ada, draft.conversation_id, 1)])
    assert [event.user_id for event in events] == [pair.ada]
    assert not await storage.acknowledge([Acknowledgement(pair.ada, "", 2)])
