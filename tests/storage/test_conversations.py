"""Conversations: viewed, listed, blocked; sessions."""

import pytest

from backchannel.domain.conversations import (
    ConversationKind,
    ConversationSettings,
    Marks,
    SettingsPatch,
)
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id, session_conversation_id
from backchannel.domain.messages import Draft
from backchannel.ports.storage import ReadMark, Storage
from tests.storage.people import (
    AT,
    Pair,
    make_user,
    refusals,
    send,
    session_draft,
    whole_log,
)


async def test_each_member_sees_the_conversation_from_its_side(
    storage: Storage, pair: Pair
) -> None:
    assert await storage.conversation(pair.ada, pair.id) is None
    await send(storage, pair.draft("one"), pair.answer("two"))
    (_, last) = await send(storage, pair.draft("three"), pair.draft("four"), at=AT + 7)
    await storage.mark_read([ReadMark(pair.bob, pair.id, 3)])
    ada = await storage.conversation(pair.ada, pair.id)
    bob = await storage.conversation(pair.bob, pair.id)
    assert ada is not None
    assert bob is not None
    assert (ada.kind, ada.last_seq, ada.created_at, ada.updated_at) == (
        ConversationKind.DIRECT,
        4,
        AT,
        AT + 7,
    )
    assert ada.last_message == bob.last_message == last.message
    assert (ada.peer_id, bob.peer_id) == (pair.bob, pair.ada)
    assert (ada.unread, bob.unread) == (1, 1)
    assert (ada.mine, ada.theirs) == (bob.theirs, bob.mine) == (Marks(), Marks(3, 3))
    stranger = await make_user(storage)
    assert await storage.conversation(stranger, pair.id) is None


async def test_conversations_are_listed_newest_first(storage: Storage) -> None:
    ada = await make_user(storage)
    peers = [await make_user(storage) for _ in range(5)]
    for number, peer in enumerate(peers):
        draft = Draft(direct_conversation_id(ada, peer), ada, peer, f"key {number}", "hello")
        await send(storage, draft, at=AT + number // 2)
    everything = await storage.conversations(ada, before=None, limit=99)
    assert [(view.updated_at, view.id) for view in everything] == sorted(
        ((view.updated_at, view.id) for view in everything), reverse=True
    )
    assert {view.peer_id for view in everything} == set(peers)
    paged = []
    before = None
    while page := await storage.conversations(ada, before=before, limit=2):
        paged += page
        before = (page[-1].updated_at, page[-1].id)
    assert paged == everything
    assert await storage.conversations("nobody", before=None, limit=9) == []


async def test_an_empty_direct_conversation_is_not_listed(storage: Storage, pair: Pair) -> None:
    view = await storage.create_direct(pair.ada, pair.bob, at=AT)
    assert (view.id, view.peer_id, view.last_seq) == (pair.id, pair.bob, 0)
    assert await storage.create_direct(pair.bob, pair.ada, at=AT) == (
        await storage.conversation(pair.bob, pair.id)
    )
    assert await storage.conversations(pair.ada, before=None, limit=9) == []
    await send(storage, pair.draft("hello"))
    assert len(await storage.conversations(pair.ada, before=None, limit=9)) == 1
    for other in ("nobody", pair.ada, RESPONDER_ID):
        with pytest.raises(NotFound):
            await storage.create_direct(pair.ada, other, at=AT)


async def test_history_is_read_from_either_side(storage: Storage, pair: Pair) -> None:
    stored = await send(storage, *(pair.draft(str(number)) for number in range(10)))
    messages = [each.message for each in stored]
    assert await storage.history(pair.id, limit=3) == messages[-3:]
    assert await storage.history(pair.id, before=5, limit=3) == messages[1:4]
    assert await storage.history(pair.id, after=5, limit=3) == messages[5:8]
    assert await storage.history(pair.id, after=2, before=5, limit=99) == messages[2:4]
    assert await storage.history(pair.id, before=1, limit=3) == []
    assert await storage.history(pair.id, after=10, limit=3) == []
    assert await storage.history("nowhere", limit=3) == []


async def test_only_the_blockers_devices_are_told_of_a_block(storage: Storage, pair: Pair) -> None:
    (event,) = await storage.set_blocked(pair.ada, pair.bob, blocked=True, at=AT)
    assert event.user_id == pair.ada
    assert event.payload.content == ConversationChange(pair.id, "blocked")
    assert not await storage.set_blocked(pair.ada, pair.bob, blocked=True, at=AT)
    assert await storage.blocked(pair.ada) == [pair.bob]
    assert await storage.blocked(pair.bob) == []
    (event,) = await storage.set_blocked(pair.ada, pair.bob, blocked=False, at=AT)
    assert event.payload.content == ConversationChange(pair.id, "unblocked")
    assert await storage.blocked(pair.ada) == []
    assert len(await whole_log(storage, pair.ada)) == 2
    for other in ("nobody", RESPONDER_ID):
        with pytest.raises(NotFound):
            await storage.set_blocked(pair.ada, other, blocked=True, at=AT)


async def test_each_member_has_separate_settings(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("hello"))
    change = SettingsPatch(pinned=True, muted_until=AT + 60)
    settings, (event,) = await storage.change_settings(pair.ada, pair.id, change, at=AT)
    assert settings == ConversationSettings(pinned=True, muted_until=AT + 60)
    assert event.user_id == pair.ada
    assert event.payload.content == ConversationChange(pair.id, "settings")
    assert (await whole_log(storage, pair.ada))[-1] == event
    same, nothing = await storage.change_settings(pair.ada, pair.id, change, at=AT)
    assert (same, nothing) == (settings, [])
    archived = SettingsPatch(archived=True, muted_until=None)
    settings, _ = await storage.change_settings(pair.ada, pair.id, archived, at=AT)
    assert settings == ConversationSettings(pinned=True, archived=True)
    (own,) = await storage.conversations(pair.ada, before=None, limit=9)
    (other,) = await storage.conversations(pair.bob, before=None, limit=9)
    assert (own.settings, other.settings) == (settings, ConversationSettings())
    for user_id, conversation_id in (("nobody", pair.id), (pair.ada, "nowhere")):
        with pytest.raises(NotFound):
            await storage.change_settings(user_id, conversation_id, change, at=AT)


@pytest.mark.parametrize("seq", [1, 2])
async def test_reading_ends_a_mark_as_unread(storage: Storage, pair: Pair, seq: int) -> None:
    await send(storage, pair.draft("hello"))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 1)])
    await send(storage, pair.draft("again"))
    marked = SettingsPatch(marked_unread=True, pinned=True)
    await storage.change_settings(pair.bob, pair.id, marked, at=AT)
    events = await storage.mark_read([ReadMark(pair.bob, pair.id, seq)])
    changes = [event.payload.content for event in events if event.user_id == pair.bob]
    assert changes[0] == ConversationChange(pair.id, "settings")
    assert len(changes) == seq  # the mark itself moves to the second message only
    view = await storage.conversation(pair.bob, pair.id)
    assert view is not None
    assert view.settings == ConversationSettings(pinned=True)
    assert not await storage.mark_read([ReadMark(pair.bob, pair.id, seq)])


async def test_a_session_is_made_once(storage: Storage, pair: Pair) -> None:
    draft = session_draft(pair.ada, "key", "hello")
    assert await refusals(storage, draft) == [NotFound]
    view, (event,) = await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    again, nothing = await storage.create_session(pair.ada, "key", name="Other", at=AT + 1)
    assert (view, nothing) == (again, [])
    assert (view.kind, view.key, view.name) == (ConversationKind.SESSION, "key", "Plans")
    assert (view.peer_id, view.last_message) == (RESPONDER_ID, None)
    assert event.payload.content == ConversationChange(view.id, "created")
    assert await storage.conversations(pair.ada, before=None, limit=9) == [view]
    with pytest.raises(NotFound):
        await storage.create_session("nobody", "key", name="x", at=AT)


async def test_a_session_belongs_to_its_user(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    session = session_conversation_id(pair.ada, "key")
    assert await refusals(
        storage,
        Draft(session, pair.ada, RESPONDER_ID, "1", "question"),
        Draft(session, RESPONDER_ID, pair.ada, "1", "answer"),
        Draft(session, pair.bob, RESPONDER_ID, "1", "not mine"),
        Draft(session, RESPONDER_ID, pair.bob, "2", "not his"),
        Draft(session, pair.bob, pair.ada, "2", "not theirs"),
    ) == [None, None, NotFound, NotFound, NotFound]
    assert [m.sender_id for m in await storage.history(session, limit=9)] == [
        pair.ada,
        RESPONDER_ID,
    ]
    view = await storage.conversation(pair.ada, session)
    assert view is not None
    assert view.unread == 1
    assert [event.position for event in await whole_log(storage, pair.ada)] == [1, 2, 3]


async def test_a_session_is_renamed(storage: Storage, pair: Pair) -> None:
    view, _ = await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    (event,) = await storage.rename_session(pair.ada, "key", name="Dreams", at=AT + 1)
    assert event.payload.content == ConversationChange(view.id, "renamed")
    renamed = await storage.conversation(pair.ada, view.id)
    assert renamed is not None
    assert renamed.name == "Dreams"
    with pytest.raises(NotFound):
        await storage.rename_session(pair.bob, "key", name="x", at=AT)


async def test_R7_a_deleted_session_leaves_tombstones(storage: Storage, pair: Pair) -> None:
    view, _ = await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    draft = session_draft(pair.ada, "key", "secret", client_id="1")
    await send(storage, draft, Draft(view.id, RESPONDER_ID, pair.ada, "1", "secret too"))
    (event,) = await storage.delete_session(pair.ada, "key", at=AT + 5)
    assert event.payload.content == ConversationChange(view.id, "deleted")
    assert [(m.body, m.deleted_at) for m in await storage.history(view.id, limit=9)] == [
        ("", AT + 5)
    ] * 2
    assert await storage.conversation(pair.ada, view.id) is None
    assert await storage.conversations(pair.ada, before=None, limit=9) == []
    assert await refusals(storage, session_draft(pair.ada, "key", "x")) == [NotFound]
    with pytest.raises(NotFound):
        await storage.delete_session(pair.ada, "key", at=AT)
    (repeated,) = await send(storage, draft)
    assert repeated.repeated


async def test_a_deleted_session_can_be_made_again(storage: Storage, pair: Pair) -> None:
    old, _ = await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    await send(storage, session_draft(pair.ada, "key", "one"))
    await storage.change_settings(pair.ada, old.id, SettingsPatch(archived=True), at=AT)
    await storage.delete_session(pair.ada, "key", at=AT)
    new, (event,) = await storage.create_session(pair.ada, "key", name="New", at=AT + 9)
    assert (new.id, new.name, new.last_seq, new.unread) == (old.id, "New", 1, 0)
    assert new.settings == ConversationSettings()
    assert event.payload.content == ConversationChange(new.id, "created")
    (stored,) = await send(storage, session_draft(pair.ada, "key", "two"))
    assert stored.message.seq == 2


async def test_conversations_are_listed_by_kind(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("hello"))
    for number in range(3):
        await storage.create_session(pair.ada, f"{number}", name="Plans", at=AT + number)
    sessions = await storage.conversations(
        pair.ada, before=None, limit=9, kind=ConversationKind.SESSION
    )
    assert [view.key for view in sessions] == ["2", "1", "0"]
    (direct,) = await storage.conversations(
        pair.ada, before=None, limit=9, kind=ConversationKind.DIRECT
    )
    assert direct.id == pair.id
    assert await storage.conversations(
        pair.ada,
        before=(sessions[0].updated_at, sessions[0].id),
        limit=1,
        kind=ConversationKind.SESSION,
    ) == [sessions[1]]
