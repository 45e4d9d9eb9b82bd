"""Data that a user hides are shown to no other user; those of others are hidden as well."""

import pytest

from backchannel.domain.conversations import Marks, Receipt
from backchannel.domain.errors import NotFound
from backchannel.domain.events import Event, ProfileChange
from backchannel.domain.users import Audience, Privacy, PrivacyPatch, Shared
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage
from tests.storage.people import AT, Pair, add_login, make_login, send, whole_log

HIDDEN = PrivacyPatch(last_seen=Audience.NOBODY, receipts=Audience.NOBODY, typing=Audience.NOBODY)
SHOWN = PrivacyPatch(receipts=Audience.EVERYBODY)


@pytest.fixture(params=["reader", "sender"])
async def hider(request: pytest.FixtureRequest, storage: Storage, pair: Pair) -> str:
    """One of the two users, who hides everything; Bob reads Ada's messages."""
    chosen = pair.bob if request.param == "reader" else pair.ada
    await storage.change_privacy(chosen, HIDDEN, at=AT)
    return chosen


def contents(events: list[Event], user_id: str) -> list[object]:
    return [event.payload.content for event in events if event.user_id == user_id]


async def seen(storage: Storage, pair: Pair) -> tuple[Marks, Marks]:
    """Bob's marks, as he sees them and as Ada sees them."""
    bob = await storage.conversation(pair.bob, pair.id)
    ada = await storage.conversation(pair.ada, pair.id)
    assert bob is not None
    assert ada is not None
    return bob.mine, ada.theirs


async def test_privacy_is_changed_in_part(storage: Storage, pair: Pair) -> None:
    assert await storage.privacy(pair.ada) == Privacy()
    patch = PrivacyPatch(typing=Audience.NOBODY)
    changed, (event,) = await storage.change_privacy(pair.ada, patch, at=AT)
    assert changed == await storage.privacy(pair.ada) == Privacy(typing=Audience.NOBODY)
    assert (event.user_id, event.payload.content) == (pair.ada, ProfileChange(pair.ada))
    assert await whole_log(storage, pair.ada) == [event]
    assert await storage.change_privacy(pair.ada, patch, at=AT) == (changed, [])
    with pytest.raises(NotFound):
        await storage.privacy("nobody")
    with pytest.raises(NotFound):
        await storage.change_privacy("nobody", patch, at=AT)


async def test_a_hidden_read_mark_stays_with_its_reader(
    storage: Storage, pair: Pair, hider: str
) -> None:
    await send(storage, pair.draft("one"), pair.draft("two"))
    events = await storage.mark_read([ReadMark(pair.bob, pair.id, 1)])
    assert contents(events, pair.bob) == [Receipt(pair.id, pair.bob, 1, 1)]
    assert contents(events, pair.ada) == [Receipt(pair.id, pair.bob, 1, 0)]
    assert await seen(storage, pair) == (Marks(1, 1), Marks(1, 0))
    await add_login(storage, login := make_login(pair.bob))
    (receipt,) = await storage.acknowledge([Acknowledgement(pair.bob, login.id, 99)])
    assert receipt.payload.content == Receipt(pair.id, pair.bob, 2, 0)
    events = await storage.mark_read([ReadMark(pair.bob, pair.id, 2)])
    assert (contents(events, pair.ada), len(events)) == ([], 1)
    assert await seen(storage, pair) == (Marks(2, 2), Marks(2, 0))
    await storage.change_privacy(hider, SHOWN, at=AT)
    assert await seen(storage, pair) == (Marks(2, 2), Marks(2, 0))
    await send(storage, pair.draft("three"))
    events = await storage.mark_read([ReadMark(pair.bob, pair.id, 3)])
    assert contents(events, pair.ada) == [Receipt(pair.id, pair.bob, 3, 3)]
    assert await seen(storage, pair) == (Marks(3, 3), Marks(3, 3))


async def test_lifting_a_block_reveals_no_hidden_read_mark(
    storage: Storage, pair: Pair, hider: str
) -> None:
    await send(storage, pair.draft("one"))
    await storage.set_blocked(pair.ada, pair.bob, blocked=True, at=AT)
    assert not contents(await storage.mark_read([ReadMark(pair.bob, pair.id, 1)]), pair.ada)
    events = await storage.set_blocked(pair.ada, pair.bob, blocked=False, at=AT)
    assert Receipt(pair.id, pair.bob, 1, 0) in contents(events, pair.ada)
    assert await seen(storage, pair) == (Marks(1, 1), Marks(1, 0))
    assert hider in {pair.ada, pair.bob}


@pytest.mark.parametrize("shared", Shared)
async def test_presence_and_typing_are_hidden_both_ways(
    storage: Storage, pair: Pair, shared: Shared
) -> None:
    await send(storage, pair.draft("one"), pair.answer("two"))
    both = ((pair.ada, pair.bob), (pair.bob, pair.ada))
    for user_id, other in both:
        assert await storage.acquainted(user_id, [other], shared) == {other}
    await storage.change_privacy(pair.ada, PrivacyPatch(receipts=Audience.NOBODY), at=AT)
    assert await storage.acquainted(pair.ada, [pair.bob], shared)
    await storage.change_privacy(pair.ada, HIDDEN, at=AT)
    for user_id, other in both:
        assert not await storage.acquainted(user_id, [other], shared)
