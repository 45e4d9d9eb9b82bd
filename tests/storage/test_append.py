"""Appending: numbers and positions, repeats, refusals."""

import asyncio
from pathlib import Path

import pytest

from backchannel.domain.errors import (
    AccountDisabled,
    Blocked,
    ClientIdReused,
    Invalid,
    NotFound,
)
from backchannel.domain.events import EventKind
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id, new_id
from backchannel.domain.messages import Draft
from backchannel.domain.revisions import delete, edit, react
from backchannel.ports.storage import Gather, Storage, Stored
from tests.storage.openers import Opener
from tests.storage.people import (
    AT,
    Pair,
    bodies,
    make_pair,
    make_user,
    messages_of,
    refusals,
    send,
    whole_log,
)


async def test_a_message_gets_a_seq_and_positions(storage: Storage, pair: Pair) -> None:
    first, second = await send(storage, pair.draft("one"), pair.answer("two"))
    message = first.message
    assert (message.seq, message.body, message.created_at) == (1, "one", AT)
    assert (message.sender_id, message.recipient_id) == (pair.ada, pair.bob)
    assert [(event.user_id, event.position) for event in first.events] == [
        (pair.ada, 1),
        (pair.bob, 1),
    ]
    assert [(event.user_id, event.position) for event in second.events] == [
        (pair.bob, 2),
        (pair.ada, 2),
    ]
    assert first.events[0].payload is first.events[1].payload
    assert await storage.message(pair.id, 1) == message
    assert await storage.message_by_id(message.id) == message
    assert await storage.history(pair.id, limit=10) == [message, second.message]
    assert await whole_log(storage, pair.ada) == [first.events[0], second.events[1]]


async def test_an_empty_batch_stores_nothing(storage: Storage) -> None:
    assert await storage.append([], at=AT) == []


async def test_R2_concurrent_duplicates_are_one_message(storage: Storage, pair: Pair) -> None:
    draft = pair.draft("only once", client_id="key")
    outcomes = await asyncio.gather(*(storage.append([draft], at=AT) for _ in range(50)))
    stored = [each for (each,) in outcomes if isinstance(each, Stored)]
    assert len(stored) == 50
    assert {each.message.id for each in stored} == {stored[0].message.id}
    assert sorted(each.repeated for each in stored) == [False] + [True] * 49
    assert not any(each.events for each in stored if each.repeated)
    assert await bodies(storage, pair.id) == ["only once"]
    assert len(await whole_log(storage, pair.bob)) == 1


async def test_R2_a_batch_may_contain_the_same_message_twice(storage: Storage, pair: Pair) -> None:
    draft = pair.draft("once", client_id="key")
    one, two = await send(storage, draft, draft)
    assert (one.repeated, two.repeated) == (False, True)
    assert one.message == two.message
    assert await refusals(storage, pair.draft("new", client_id="k"), draft) == [None, None]
    assert await bodies(storage, pair.id) == ["once", "new"]


async def test_R2_another_content_is_refused(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("first"), pair.draft("body", client_id="key"))
    others = (
        pair.draft("other", client_id="key"),
        pair.draft("body", client_id="key", reply_to=1),
        Draft(pair.id, pair.ada, pair.bob, "key", "body", kind="image"),
    )
    assert await refusals(storage, *others) == [ClientIdReused] * 3
    cid = await make_user(storage)
    elsewhere = Draft(direct_conversation_id(pair.ada, cid), pair.ada, cid, "key", "body")
    assert await refusals(storage, elsewhere) == [ClientIdReused]
    assert await storage.conversation(pair.ada, elsewhere.conversation_id) is None
    assert await refusals(storage, pair.answer("body", client_id="key")) == [None]


async def test_R2_a_client_id_is_recognised_after_reopening(opener: Opener, tmp_path: Path) -> None:
    storage = await opener.open(tmp_path)
    pair = await make_pair(storage)
    draft = pair.draft("once", client_id="key")
    (before,) = await send(storage, draft)
    await storage.close()
    storage = await opener.open(tmp_path)
    (after,) = await send(storage, draft)
    assert (after.message, after.repeated) == (before.message, True)
    await storage.close()


async def test_R2_a_retry_is_recognised_after_the_message_was_changed(
    storage: Storage, pair: Pair
) -> None:
    original, other = pair.draft("one", client_id="key"), pair.draft("two", client_id="key")
    await send(storage, original)
    for kind, revise in (
        (EventKind.REACTION, react(pair.bob, "👍", active=True)),
        (EventKind.EDIT, edit(pair.ada, "two", at=AT)),
        (EventKind.EDIT, edit(pair.ada, "three", at=AT)),
        (EventKind.DELETE, delete(pair.ada, at=AT)),
    ):
        changed = await storage.change(pair.id, 1, kind, revise)
        (repeated,) = await send(storage, original)
        assert (repeated.message, repeated.repeated) == (changed.message, True)
        assert await refusals(storage, other) == [ClientIdReused]


async def test_R3_eight_writers_make_one_gapless_order(storage: Storage, pair: Pair) -> None:
    async def write(writer: int) -> list[Stored]:
        stored: list[Stored] = []
        for number in range(25):
            make = pair.draft if writer % 2 else pair.answer
            stored += await send(storage, make(f"{writer}-{number}"), make(f"{writer}+{number}"))
        return stored

    live = [each for part in await asyncio.gather(*map(write, range(8))) for each in part]
    history = await storage.history(pair.id, limit=1000)
    assert [message.seq for message in history] == list(range(1, 401))
    assert sorted((each.message for each in live), key=lambda m: m.seq) == history
    for user_id in (pair.ada, pair.bob):
        events = await whole_log(storage, user_id)
        assert [event.position for event in events] == list(range(1, 401))
        assert messages_of(events) == history


async def test_R4_the_order_of_a_batch_is_kept(storage: Storage, pair: Pair) -> None:
    batches = [[pair.draft(f"{n}-{k}") for k in range(7)] for n in range(20)]
    await asyncio.gather(*(storage.append(batch, at=AT) for batch in batches))
    assert await bodies(storage, pair.id) == [f"{n}-{k}" for n in range(20) for k in range(7)]


@pytest.mark.parametrize("size", [1, 2, 3, 9, 17, 400, 511, 512, 513, 1100])
async def test_batches_of_any_size_are_stored_in_order(
    storage: Storage, pair: Pair, size: int
) -> None:
    await send(storage, *(pair.draft(str(number)) for number in range(size)))
    assert await bodies(storage, pair.id) == [str(number) for number in range(size)]
    assert len(await whole_log(storage, pair.bob)) == size


async def test_refusals_do_not_affect_the_rest_of_the_batch(storage: Storage, pair: Pair) -> None:
    cid, disabled = await make_user(storage), await make_user(storage)
    await storage.set_disabled(disabled, at=AT)
    await storage.set_blocked(cid, pair.ada, blocked=True, at=AT)

    def to(recipient: str, *, sender: str = pair.ada) -> Draft:
        return Draft(direct_conversation_id(sender, recipient), sender, recipient, new_id(), "x")

    drafts = (
        to("nobody"),
        to(pair.bob),
        to(disabled),
        to(pair.bob, sender=disabled),
        to(cid),
        to(pair.ada, sender=cid),
        to(pair.ada),
        to(RESPONDER_ID),
        Draft(direct_conversation_id(cid, pair.bob), pair.ada, pair.bob, new_id(), "x"),
        Draft("made up", pair.ada, pair.bob, new_id(), "x"),
        pair.draft("reply to what comes later", reply_to=2),
        pair.draft("reply", reply_to=1),
        pair.draft("reply", reply_to=2**70),
        to(pair.bob, sender="nobody"),
    )
    assert await refusals(storage, *drafts) == [
        NotFound,
        None,
        AccountDisabled,
        AccountDisabled,
        Blocked,
        Blocked,
        NotFound,
        NotFound,
        NotFound,
        NotFound,
        NotFound,
        None,
        NotFound,
        NotFound,
    ]
    assert [message.reply_to for message in await storage.history(pair.id, limit=9)] == [None, 1]
    assert await storage.conversation(cid, direct_conversation_id(cid, pair.ada)) is None
    await storage.set_blocked(cid, pair.ada, blocked=False, at=AT)
    assert await refusals(storage, to(cid)) == [None]


async def test_S11_a_third_user_does_not_learn_of_a_block(storage: Storage, pair: Pair) -> None:
    eve = await make_user(storage)
    await send(storage, pair.draft("hello"))
    await storage.set_blocked(pair.bob, pair.ada, blocked=True, at=AT)
    drafts = [
        Draft(pair.id, eve, pair.bob, new_id(), "x"),
        Draft(pair.id, pair.ada, eve, new_id(), "x"),
        pair.draft("x"),
    ]
    assert await refusals(storage, *drafts) == [NotFound, NotFound, Blocked]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff\0"])
async def test_S24_invalid_text_does_not_affect_other_messages_of_its_batch(
    storage: Storage, pair: Pair, text: str
) -> None:
    await send(storage, pair.draft("first", client_id="a"))
    drafts = (
        pair.draft("before"),
        pair.draft(text),
        pair.draft("a", client_id=text),
        Draft(text, pair.ada, pair.bob, new_id(), "x"),
        Draft(pair.id, text, pair.bob, new_id(), "x"),
        Draft(pair.id, pair.ada, text, new_id(), "x"),
        Draft(pair.id, pair.ada, pair.bob, new_id(), "x", kind=text),
        Draft(pair.id, pair.ada, pair.bob, new_id(), "x", files=text),
        pair.draft("after"),
    )
    assert await refusals(storage, *drafts) == [None, *[Invalid] * 7, None]
    assert await refusals(storage, pair.draft(text)) == [Invalid]
    assert await bodies(storage, pair.id) == ["first", "before", "after"]


async def test_S24_the_error_for_invalid_text_names_its_field(storage: Storage, pair: Pair) -> None:
    drafts = Draft(pair.id, pair.ada, "a\0b", new_id(), "x"), pair.draft("x", client_id="\ud800")
    outcomes = await storage.append(drafts, at=AT)
    assert [getattr(each, "field", None) for each in outcomes] == ["recipient_id", "client_id"]


async def test_R4_gathered_batches_are_stored_in_the_order_of_calls(
    storage: Storage, pair: Pair
) -> None:
    def gathered(body: str) -> Gather:
        drafts = [pair.draft(body)]
        return lambda: (drafts, AT)

    await asyncio.gather(*(storage.append_gathered(gathered(str(each))) for each in range(50)))
    assert await bodies(storage, pair.id) == [str(each) for each in range(50)]


async def test_an_empty_gathered_batch_stores_nothing(storage: Storage) -> None:
    assert await storage.append_gathered(lambda: ((), AT)) == []
