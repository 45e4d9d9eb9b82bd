"""S22: a user's data are erased, and peers keep their own."""

import asyncio
from pathlib import Path

import pytest

from backchannel.domain.conversations import ConversationSettings, SettingsPatch
from backchannel.domain.erasures import ERASED_NAME, Erased, new_erasure
from backchannel.domain.errors import AccountDisabled, ChatError, NotFound
from backchannel.domain.events import EventKind
from backchannel.domain.files import Upload, attach
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.ids import session_conversation_id as session_id
from backchannel.domain.messages import Draft
from backchannel.domain.revisions import delete, edit, react, reactions_of
from backchannel.domain.users import Audience, PrivacyPatch, ProfilePatch
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage
from tests.storage.erasure_steps import erase, make_file
from tests.storage.openers import Opener
from tests.storage.people import (
    AT,
    Pair,
    add_login,
    make_account,
    make_login,
    make_pair,
    make_user,
    messages_of,
    refusals,
    send,
    session_draft,
    whole_log,
)


async def test_S22_an_erased_user_is_an_anonymous_id(storage: Storage) -> None:
    account = make_account("ada", email="ada@example.org")
    await storage.create_user(account)
    erasure = new_erasure(account.user.id, at=AT + 10)
    await storage.request_erasure(erasure)
    left = await storage.account(account.user.id)
    assert left is not None
    assert (left.user.username, left.user.display_name) == (account.user.id, ERASED_NAME)
    assert (left.user.email, left.password_hash) == (None, "")
    assert left.user.disabled_at == left.user.erased_at == AT + 10
    assert await storage.account_by_username("ada") is None
    assert await storage.account_by_username(account.user.id) is None
    assert await storage.account_by_email("ada@example.org") is None
    assert await storage.list_users(after=None, limit=9) == []
    again = make_account("ada", email="ada@example.org")
    await storage.create_user(again)
    assert [user.id for user in await storage.list_users(after=None, limit=9)] == [again.user.id]


async def test_S22_an_erasure_can_be_requested_once(storage: Storage) -> None:
    ada = await make_user(storage)
    erasure = new_erasure(ada, at=AT)
    await storage.request_erasure(erasure)
    for user_id in (ada, "nobody"):
        with pytest.raises(NotFound):
            await storage.request_erasure(new_erasure(user_id, at=AT))
    await storage.set_disabled(ada, at=None)
    await storage.set_password(ada, "another", at=AT)
    await storage.record_last_seen({ada: AT})
    left = await storage.account(ada)
    assert left is not None
    assert (left.user.disabled_at, left.password_hash, left.user.last_seen_at) == (AT, "", None)
    assert [each.id for each in await storage.erasures(since=AT + 1)] == [erasure.id]
    with pytest.raises(NotFound):
        await storage.erase_part("unknown", limit=1, at=AT)


async def test_S22_requesting_an_erasure_ends_logins_and_clears_their_names(
    storage: Storage,
) -> None:
    ada = await make_user(storage)
    login = make_login(ada)
    await add_login(storage, login)
    requested = await storage.request_erasure(new_erasure(ada, at=AT + 10))
    assert requested.login_ids == (login.id,)
    assert await storage.logins_ended_since(AT + 10) == [login.id]
    ended = await storage.login(login.id)
    assert ended is not None
    assert (ended.agent, ended.address, ended.ended_at) == ("", "", AT + 10)


async def test_S22_writes_of_an_erased_user_are_refused(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("mine"), pair.answer("yours"))
    await storage.create_session(pair.ada, "key", name="name", at=AT)
    await storage.request_erasure(new_erasure(pair.ada, at=AT + 10))
    late = [pair.draft("late"), pair.answer("to nobody"), session_draft(pair.ada, "key", "late")]
    assert await refusals(storage, *late) == [AccountDisabled] * 3
    upload = Upload(id="u", owner_id=pair.ada, name="x", media_type="", size=1, created_at=AT)
    for writing in (
        storage.change(pair.id, 1, EventKind.EDIT, edit(pair.ada, "late", at=AT)),
        add_login(storage, make_login(pair.ada)),
        storage.create_upload(upload, quota=9),
        storage.update_profile(pair.ada, ProfilePatch(display_name="late"), at=AT),
        storage.change_privacy(pair.ada, PrivacyPatch(typing=Audience.NOBODY), at=AT),
        storage.change_settings(pair.ada, pair.id, SettingsPatch(pinned=True), at=AT),
        storage.create_session(pair.ada, "another", name="late", at=AT),
        storage.rename_session(pair.ada, "key", name="late", at=AT),
        storage.set_blocked(pair.ada, pair.bob, blocked=True, at=AT),
        storage.create_direct(pair.bob, pair.ada, at=AT),
        storage.change(pair.id, 2, EventKind.REACTION, react(pair.ada, "🔥", active=True)),
    ):
        with pytest.raises(ChatError):
            await writing
    own = react(pair.bob, "🔥", active=True)
    assert (await storage.change(pair.id, 2, EventKind.REACTION, own)).events


async def talk(storage: Storage, pair: Pair) -> None:
    """Five messages, of which Ada has deleted the fourth, with reactions of both."""
    await send(storage, pair.draft("one"), pair.answer("two"), pair.draft("three"))
    await send(storage, pair.draft("gone already"), pair.answer("five"))
    await storage.change(pair.id, 4, EventKind.DELETE, delete(pair.ada, at=AT + 1))
    for seq, user_id in ((2, pair.ada), (2, pair.bob), (1, pair.bob), (5, pair.bob)):
        change = react(user_id, "🔥", active=True)
        await storage.change(pair.id, seq, EventKind.REACTION, change)


async def test_S22_peers_keep_their_own_messages_and_get_the_deletions(
    storage: Storage, pair: Pair
) -> None:
    await talk(storage, pair)
    before = len(await whole_log(storage, pair.bob))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 1)])
    erasure = new_erasure(pair.ada, at=AT + 10)
    events = list((await storage.request_erasure(erasure)).events)
    while not (part := await storage.erase_part(erasure.id, limit=2, at=AT + 11)).complete:
        events += part.events
    assert [(event.user_id, event.payload.kind) for event in events] == [
        (pair.bob, EventKind.PROFILE),
        (pair.bob, EventKind.DELETE),
        (pair.bob, EventKind.REACTION),
        (pair.bob, EventKind.DELETE),
    ]
    history = await storage.history(pair.id, limit=9)
    assert [(each.seq, each.body) for each in history] == [
        (1, ""),
        (2, "two"),
        (3, ""),
        (4, ""),
        (5, "five"),
    ]
    assert [each.deleted_at for each in history] == [AT + 11, None, AT + 11, AT + 1, None]
    assert [list(reactions_of(each).values()) for each in history if each.reactions] == [
        [[pair.bob]],
        [[pair.bob]],
    ]
    log = await whole_log(storage, pair.bob)
    assert log[-4:] == events[-4:]
    assert len(log) == before + 5  # and the messages that Bob has read
    assert not {each.body for each in messages_of(log)} & {"one", "three", "gone already"}
    view = await storage.conversation(pair.bob, pair.id)
    assert view is not None
    assert (view.unread, view.last_seq, view.mine.read_seq) == (0, 5, 1)
    current = await storage.erasure(erasure.id)
    assert current is not None
    assert current.erased == Erased(messages=3, reactions=1, events=11)


async def test_S22_sessions_of_an_erased_user_are_deleted_with_their_answers(
    storage: Storage,
) -> None:
    ada, eve = await make_user(storage), await make_user(storage)
    for user_id in (ada, eve):
        await storage.create_session(user_id, "key", name="name", at=AT)
        await send(storage, *(session_draft(user_id, "key", f"why {n}") for n in range(7)))
    session = session_id(ada, "key")
    await send(storage, Draft(session, RESPONDER_ID, ada, "answer", "so", reply_to=1))
    erasure = await erase(storage, ada)
    assert await storage.history(session, limit=9) == []
    assert await storage.conversation(ada, session) is None
    assert {each.sender_id for each in await storage.unanswered(limit=99)} == {eve}
    assert len(await storage.history(session_id(eve, "key"), limit=9)) == 7
    current = await storage.erasure(erasure.id)
    assert current is not None
    assert (current.erased.sessions, current.erased.messages) == (1, 8)


async def test_S22_logs_blocks_settings_and_logins_are_deleted(
    storage: Storage, pair: Pair
) -> None:
    await add_login(storage, make_login(pair.ada))
    await send(storage, *(pair.answer(str(number)) for number in range(7)))
    await storage.acknowledge([Acknowledgement(pair.ada, "", 3)])
    await storage.set_blocked(pair.ada, pair.bob, blocked=True, at=AT)
    await storage.change_settings(pair.ada, pair.id, SettingsPatch(pinned=True), at=AT)
    erasure = await erase(storage, pair.ada)
    left = await storage.conversation(pair.ada, pair.id)
    assert left is not None
    assert left.settings == ConversationSettings()
    page = await storage.log(pair.ada, after=0, limit=9)
    assert page.events == ()
    assert page.complete
    assert await storage.blocked(pair.ada) == []
    assert await storage.logins_ended_since(0) == []
    current = await storage.erasure(erasure.id)
    assert current is not None
    assert (current.erased.events, current.erased.blocks, current.erased.logins) == (9, 1, 1)


async def test_S22_files_and_uploads_of_an_erased_user_are_listed_and_deleted(
    storage: Storage, pair: Pair
) -> None:
    files = [await make_file(storage, pair.ada, f"{number}.txt") for number in range(3)]
    other = await make_file(storage, pair.bob, "bob.txt")
    uploads = [
        Upload(id=name, owner_id=pair.ada, name="x", media_type="", size=1, created_at=AT)
        for name in ("u", "v")
    ]
    for each in uploads:
        await storage.create_upload(each, quota=99)
    draft = Draft(pair.id, pair.ada, pair.bob, "1", "look", files=attach(files[:2]))
    await send(storage, draft)
    assert await storage.owned_uploads(pair.ada, after="", limit=1) == uploads[:1]
    assert await storage.owned_uploads(pair.ada, after="u", limit=9) == uploads[1:]
    ids = [each.id for each in files]
    assert await storage.owned_files(pair.ada, after="", limit=2) == files[:2]
    assert await storage.owned_files(pair.ada, after=ids[1], limit=2) == files[2:]
    erasure = await erase(storage, pair.ada)
    assert await storage.readable_file(pair.bob, ids[0]) is None
    for each in uploads:
        await storage.cancel_upload(each.id, at=AT)
    await storage.forget_owned(erasure.id, [*ids, other.id], Erased(files=3))
    remnants = await storage.owned_files(pair.ada, after="", limit=9, given_up=True)
    assert [(each.id, each.size) for each in remnants] == [("u", 0), ("v", 0)]
    assert await storage.owned_files(pair.ada, after="", limit=9) == []
    assert await storage.readable_file(pair.bob, other.id) == other
    current = await storage.erasure(erasure.id)
    assert current is not None
    assert current.erased.files == 3


async def test_S22_a_receipt_is_completed_once(storage: Storage) -> None:
    erasure = await erase(storage, await make_user(storage))
    await storage.complete_erasure(erasure.id, at=AT + 20, signature="first")
    await storage.complete_erasure(erasure.id, at=AT + 30, signature="second")
    done = await storage.erasure(erasure.id)
    assert done is not None
    assert (done.completed_at, done.signature, done.begun_at) == (AT + 20, "first", AT + 11)
    assert (await storage.erase_part(erasure.id, limit=1, at=AT)).complete
    assert await storage.erasures(since=AT + 11) == []
    assert await storage.erasure("unknown") is None


async def test_S22_two_processes_may_erase_the_same_user(opener: Opener, tmp_path: Path) -> None:
    one, other = await opener.open(tmp_path), await opener.open(tmp_path)
    pair = await make_pair(one)
    await send(one, *(pair.draft(str(number)) for number in range(40)))
    erasure = new_erasure(pair.ada, at=AT)
    await one.request_erasure(erasure)

    async def work(storage: Storage) -> None:
        while not (await storage.erase_part(erasure.id, limit=3, at=AT)).complete:
            pass

    await asyncio.gather(work(one), work(other))
    current = await one.erasure(erasure.id)
    assert current is not None
    assert current.erased == Erased(messages=40, events=40)
    deletions = [each for each in await whole_log(one, pair.bob) if each.payload.kind == "delete"]
    assert len(deletions) == 40
    await one.close()
    await other.close()


async def test_S22_a_client_id_that_equals_a_message_id_does_not_block_an_erasure(
    storage: Storage, pair: Pair
) -> None:
    (first,) = await send(storage, pair.draft("one"))
    await send(storage, pair.draft("two", client_id=first.message.id))
    await erase(storage, pair.ada)
    assert [each.body for each in await storage.history(pair.id, limit=9)] == ["", ""]
