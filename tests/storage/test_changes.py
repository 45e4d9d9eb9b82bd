"""R7: edits, deletions and reactions linearise with their message."""

import asyncio

import msgspec
import pytest

from backchannel.domain.errors import Forbidden, NotFound
from backchannel.domain.events import EventKind
from backchannel.domain.messages import Message
from backchannel.domain.revisions import delete, edit, react, reactions_of
from backchannel.ports.storage import ReadMark, Storage
from tests.storage.people import AT, Pair, messages_of, send, session_draft, whole_log

EMOJI = "👍🔥🎉😀🚀"


async def test_R7_a_change_reaches_both_logs(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("helo"))
    changed = await storage.change(pair.id, 1, EventKind.EDIT, edit(pair.ada, "hello", at=AT + 1))
    assert (changed.message.body, changed.message.revision) == ("hello", 1)
    assert changed.message.edited_at == AT + 1
    assert [(e.user_id, e.position, e.payload.kind) for e in changed.events] == [
        (pair.ada, 2, EventKind.EDIT),
        (pair.bob, 2, EventKind.EDIT),
    ]
    assert await storage.message(pair.id, 1) == changed.message
    assert (await whole_log(storage, pair.bob))[1] == changed.events[1]


async def test_R7_a_late_device_never_sees_deleted_text(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("secret"), pair.draft("more secret"))
    await storage.change(pair.id, 1, EventKind.EDIT, edit(pair.ada, "still secret", at=AT))
    await storage.change(pair.id, 1, EventKind.REACTION, react(pair.bob, "🔥", active=True))
    changed = await storage.change(pair.id, 1, EventKind.DELETE, delete(pair.ada, at=AT + 5))
    events = await whole_log(storage, pair.bob)
    assert [event.payload.kind for event in events] == [
        EventKind.MESSAGE,
        EventKind.MESSAGE,
        EventKind.EDIT,
        EventKind.REACTION,
        EventKind.DELETE,
    ]
    tombstones = [message for message in messages_of(events) if message.seq == 1]
    assert tombstones == [changed.message] * 4
    assert (changed.message.body, changed.message.reactions) == ("", "")
    assert changed.message.deleted_at == AT + 5
    assert [m.seq for m in await storage.history(pair.id, limit=9)] == [1, 2]


async def test_an_edit_without_a_change_makes_no_event(storage: Storage, pair: Pair) -> None:
    (stored,) = await send(storage, pair.draft("hello"))
    same = await storage.change(pair.id, 1, EventKind.EDIT, edit(pair.ada, "hello", at=AT + 1))
    assert (same.message, same.events) == (stored.message, ())
    assert len(await whole_log(storage, pair.ada)) == 1


async def test_a_refused_change_changes_nothing(storage: Storage, pair: Pair) -> None:
    (stored,) = await send(storage, pair.draft("hello"))
    with pytest.raises(Forbidden):
        await storage.change(pair.id, 1, EventKind.EDIT, edit(pair.bob, "x", at=AT))
    for conversation_id, seq in ((pair.id, 2), ("nowhere", 1)):
        with pytest.raises(NotFound):
            await storage.change(conversation_id, seq, EventKind.EDIT, edit(pair.ada, "x", at=AT))
    assert await storage.history(pair.id, limit=9) == [stored.message]


async def test_an_error_in_revise_affects_no_other_message(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("hello"))

    def broken(_: Message | None) -> Message:
        raise ZeroDivisionError

    async def failing() -> None:
        with pytest.raises(ZeroDivisionError):
            await storage.change(pair.id, 1, EventKind.EDIT, broken)

    await asyncio.gather(
        *(send(storage, pair.draft(str(n))) for n in range(5)),
        failing(),
        *(send(storage, pair.draft(str(n))) for n in range(5)),
    )
    assert len(await storage.history(pair.id, limit=99)) == 11


async def test_R7_concurrent_changes_all_count(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("hello"))

    def add(message: Message | None) -> Message:
        assert message is not None
        return msgspec.structs.replace(
            message, body=message.body + "!", revision=message.revision + 1
        )

    await asyncio.gather(
        *(storage.change(pair.id, 1, EventKind.EDIT, add) for _ in range(30)),
        *(
            storage.change(pair.id, 1, EventKind.REACTION, react(user, emoji, active=True))
            for user in (pair.ada, pair.bob)
            for emoji in EMOJI
        ),
    )
    message = await storage.message(pair.id, 1)
    assert message is not None
    assert message.body == "hello" + "!" * 30
    assert message.revision == 40
    assert {frozenset(users) for users in reactions_of(message).values()} == {
        frozenset((pair.ada, pair.bob))
    }


async def test_a_change_in_a_session_is_logged_only_for_its_user(
    storage: Storage, pair: Pair
) -> None:
    await storage.create_session(pair.ada, "key", name="Session", at=AT)
    draft = session_draft(pair.ada, "key", "hello")
    await send(storage, draft)
    changed = await storage.change(
        draft.conversation_id, 1, EventKind.DELETE, delete(pair.ada, at=AT)
    )
    assert [event.user_id for event in changed.events] == [pair.ada]


async def test_deleted_messages_do_not_count_as_unread(storage: Storage, pair: Pair) -> None:
    async def unread() -> int:
        view = await storage.conversation(pair.bob, pair.id)
        assert view is not None
        return view.unread

    await send(storage, *(pair.draft(str(number)) for number in range(5)))
    assert await unread() == 5
    await storage.change(pair.id, 2, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await unread() == 4
    await storage.mark_read([ReadMark(pair.bob, pair.id, 3)])
    assert await unread() == 2
    await storage.change(pair.id, 1, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await unread() == 2
    await storage.change(pair.id, 5, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await unread() == 1
    await storage.mark_read([ReadMark(pair.bob, pair.id, 5)])
    assert await unread() == 0
    await send(storage, pair.draft("new"), pair.answer("own"))
    assert await unread() == 1
