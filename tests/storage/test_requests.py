"""Message requests: the events that each user gets before and after the answer."""

import pytest

from backchannel.domain.conversations import (
    REQUEST_INTERVAL,
    REQUEST_MESSAGES,
    REQUESTS_AT_ONCE,
    ConversationView,
    Marks,
    RequestState,
    RequestUnanswered,
    SettingsPatch,
)
from backchannel.domain.errors import Blocked, ChatError, Conflict, NotFound, Throttled
from backchannel.domain.events import (
    ConversationChange,
    Event,
    EventKind,
    EventPayload,
    ProfileChange,
)
from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Draft
from backchannel.domain.revisions import delete, edit, react
from backchannel.domain.users import FirstMessages, Privacy, PrivacyPatch, ProfilePatch, Shared
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage
from tests.storage.people import (
    AT,
    Pair,
    add_login,
    bodies,
    make_login,
    make_pair,
    make_user,
    messages_of,
    refusals,
    send,
    whole_log,
)

TAKES_REQUESTS = PrivacyPatch(first_messages=FirstMessages.REQUESTS)


@pytest.fixture
async def pair(storage: Storage) -> Pair:
    """Ada and Bob, to whom Ada's first messages are requests."""
    made = await make_pair(storage)
    await storage.change_privacy(made.bob, TAKES_REQUESTS, at=AT)
    return made


async def listed(
    storage: Storage, user_id: str, request: RequestState | None = None
) -> list[ConversationView]:
    return await storage.conversations(user_id, before=None, limit=10, request=request)


async def states(storage: Storage, pair: Pair) -> tuple[int, int, int]:
    """The number of times the conversation is in Bob's lists: ordinary, pending, declined."""
    ordinary = await listed(storage, pair.bob)
    pending = await listed(storage, pair.bob, RequestState.PENDING)
    declined = await listed(storage, pair.bob, RequestState.DECLINED)
    return len(ordinary), len(pending), len(declined)


async def seen_by_ada(storage: Storage, pair: Pair) -> ConversationView:
    view = await storage.conversation(pair.ada, pair.id)
    assert view is not None
    return view


def changes_of(events: list[Event]) -> list[str]:
    contents = (event.payload.content for event in events)
    return [each.change for each in contents if isinstance(each, ConversationChange)]


async def answer(storage: Storage, pair: Pair, *, accepted: bool) -> list[Event]:
    return await storage.answer_request(pair.bob, pair.id, accepted=accepted, at=AT)


async def test_by_default_messages_are_not_requests(storage: Storage) -> None:
    pair = await make_pair(storage)
    assert await storage.privacy(pair.bob) == Privacy()
    await send(storage, pair.draft("one"))
    await storage.change_privacy(pair.bob, TAKES_REQUESTS, at=AT)
    await send(storage, pair.draft("two"))
    assert await states(storage, pair) == (1, 0, 0)
    assert len(messages_of(await whole_log(storage, pair.bob))) == 2


async def test_a_reply_is_not_a_request(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.answer("one"))
    await send(storage, pair.draft("two"))
    assert await states(storage, pair) == (1, 0, 0)


async def test_a_request_is_the_only_event_that_the_recipient_gets(
    storage: Storage, pair: Pair
) -> None:
    before = await whole_log(storage, pair.bob)
    (first, second) = await send(storage, pair.draft("one"), pair.draft("two"))
    assert [event.user_id for event in first.events] == [pair.ada, pair.bob]
    assert [event.user_id for event in second.events] == [pair.ada]
    new = (await whole_log(storage, pair.bob))[len(before) :]
    assert (len(new), changes_of(new), new[0]) == (1, ["requested"], first.events[1])
    assert await states(storage, pair) == (0, 1, 0)
    view = await storage.conversation(pair.bob, pair.id)
    assert view is not None
    assert (view.request, view.unread) == (RequestState.PENDING, 2)
    assert await bodies(storage, pair.id) == ["one", "two"]
    ada = await seen_by_ada(storage, pair)
    assert ada.request is None
    assert [each.id for each in await listed(storage, pair.ada)] == [pair.id]


async def test_R6_nothing_that_the_recipient_does_reaches_the_sender(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, pair.draft("one"))
    await add_login(storage, login := make_login(pair.bob))
    assert await storage.acknowledge([Acknowledgement(pair.bob, login.id, 99)]) == []
    assert await storage.mark_read([ReadMark(pair.bob, pair.id, 1)]) == []
    await storage.change_settings(pair.bob, pair.id, SettingsPatch(pinned=True), at=AT)
    with pytest.raises(Conflict, match="accept the message request"):
        await storage.change(
            pair.id, 1, EventKind.REACTION, react(pair.bob, "\N{THUMBS UP SIGN}", active=True)
        )
    assert (await seen_by_ada(storage, pair)).theirs == Marks()
    for shared in Shared:
        assert not await storage.acquainted(pair.ada, [pair.bob], shared)
        assert not await storage.acquainted(pair.bob, [pair.ada], shared)
    assert len(await whole_log(storage, pair.ada)) == 1


async def test_S11_profile_changes_are_announced_only_after_a_request_was_accepted(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, pair.draft("one"))
    adas, bobs = await whole_log(storage, pair.ada), await whole_log(storage, pair.bob)
    for user_id in (pair.ada, pair.bob):
        await storage.update_profile(user_id, ProfilePatch(about="new"), at=AT)
    assert await whole_log(storage, pair.ada) == [*adas, own_profile(pair.ada, adas)]
    assert await whole_log(storage, pair.bob) == [*bobs, own_profile(pair.bob, bobs)]
    await answer(storage, pair, accepted=True)
    for reader, changed in ((pair.ada, pair.bob), (pair.bob, pair.ada)):
        entries = [event.payload.content for event in await whole_log(storage, reader)]
        assert ProfileChange(changed) in entries


def own_profile(user_id: str, log: list[Event]) -> Event:
    payload = EventPayload(EventKind.PROFILE, ProfileChange(user_id))
    return Event(user_id, len(log) + 1, payload)


async def test_edits_and_deletions_by_the_sender_apply_to_the_request(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, pair.draft("one"), pair.draft("two"))
    before = await whole_log(storage, pair.bob)
    changed = await storage.change(pair.id, 1, EventKind.EDIT, edit(pair.ada, "uno", at=AT))
    assert [event.user_id for event in changed.events] == [pair.ada]
    await storage.change(pair.id, 2, EventKind.DELETE, delete(pair.ada, at=AT))
    await storage.mark_read([ReadMark(pair.ada, pair.id, 2)])
    assert await whole_log(storage, pair.bob) == before
    assert await bodies(storage, pair.id) == ["uno", ""]
    await storage.change(pair.id, 1, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await states(storage, pair) == (0, 0, 0)


async def test_R5_accepting_a_request_adds_all_its_messages_to_the_log(
    storage: Storage, pair: Pair
) -> None:
    sent = await send(storage, pair.draft("one"), pair.draft("two"))
    events = await answer(storage, pair, accepted=True)
    assert changes_of(events) == ["accepted"]
    log = await whole_log(storage, pair.bob)
    assert messages_of(log) == messages_of(events) == [each.message for each in sent]
    entries = [each for each in events if each.user_id == pair.bob]
    assert log[-len(entries) :] == entries
    assert await states(storage, pair) == (1, 0, 0)
    assert await answer(storage, pair, accepted=True) == []
    assert await answer(storage, pair, accepted=False) == []
    await add_login(storage, login := make_login(pair.bob))
    await storage.acknowledge([Acknowledgement(pair.bob, login.id, 99)])
    assert (await seen_by_ada(storage, pair)).theirs == Marks(2, 0)
    await storage.mark_read([ReadMark(pair.bob, pair.id, 2)])
    assert (await seen_by_ada(storage, pair)).theirs == Marks(2, 2)
    assert not await storage.acquainted(pair.ada, [pair.bob], Shared.TYPING)


@pytest.mark.parametrize("declined", [False, True])
async def test_writing_to_the_sender_accepts(
    storage: Storage, pair: Pair, *, declined: bool
) -> None:
    (one,) = await send(storage, pair.draft("one"))
    if declined:
        await answer(storage, pair, accepted=False)
    (two, three) = await send(storage, pair.answer("two"), pair.draft("three"))
    log = await whole_log(storage, pair.bob)
    assert messages_of(log) == [one.message, two.message, three.message]
    assert changes_of(log)[-1] == "accepted"
    assert [event.position for event in log] == list(range(1, len(log) + 1))
    assert messages_of(await whole_log(storage, pair.ada)) == messages_of(log)
    assert await states(storage, pair) == (1, 0, 0)
    assert await storage.acquainted(pair.ada, [pair.bob], Shared.TYPING)


@pytest.mark.parametrize("answered", ["pending", "declined", "blocked"])
async def test_S11_the_sender_cannot_see_the_answer_to_a_request(
    storage: Storage, pair: Pair, answered: str
) -> None:
    await send(storage, pair.draft("one"))
    if answered == "declined":
        assert changes_of(await answer(storage, pair, accepted=False)) == ["declined"]
    elif answered == "blocked":
        await storage.set_blocked(pair.bob, pair.ada, blocked=True, at=AT)
    state = (0, 1, 0) if answered == "pending" else (0, 0, 1)
    assert await states(storage, pair) == state
    bobs = await whole_log(storage, pair.bob)
    more = [pair.draft(str(number)) for number in range(2, REQUEST_MESSAGES + 1)]
    assert [len(each.events) for each in await send(storage, *more)] == [1] * (REQUEST_MESSAGES - 1)
    await storage.change(pair.id, 1, EventKind.EDIT, edit(pair.ada, "uno", at=AT))
    (refusal,) = await storage.append([pair.draft("too many")], at=AT)
    assert isinstance(refusal, RequestUnanswered)
    assert await whole_log(storage, pair.bob) == bobs
    assert await states(storage, pair) == state
    view = await seen_by_ada(storage, pair)
    assert (view.request, view.theirs, view.last_seq) == (None, Marks(), REQUEST_MESSAGES)
    assert changes_of(await whole_log(storage, pair.ada)) == []


async def test_a_blocked_request_is_accepted_after_the_block(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("one"))
    await storage.set_blocked(pair.bob, pair.ada, blocked=True, at=AT)
    with pytest.raises(Blocked):
        await answer(storage, pair, accepted=True)
    assert await refusals(storage, pair.answer("two")) == [Blocked]
    adas = await whole_log(storage, pair.ada)
    await storage.set_blocked(pair.bob, pair.ada, blocked=False, at=AT)
    assert await whole_log(storage, pair.ada) == adas
    assert await states(storage, pair) == (0, 0, 1)
    await answer(storage, pair, accepted=True)
    assert await states(storage, pair) == (1, 0, 0)
    assert len(messages_of(await whole_log(storage, pair.bob))) == 1


async def test_a_sender_who_blocks_may_not_write(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("one"))
    await storage.set_blocked(pair.ada, pair.bob, blocked=True, at=AT)
    assert await refusals(storage, pair.draft("two")) == [Blocked]


async def test_S11_only_the_recipient_can_answer_a_request(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("one"))
    for accepted in (True, False):
        assert await storage.answer_request(pair.ada, pair.id, accepted=accepted, at=AT) == []
        for stranger in (await make_user(storage), "nobody"):
            with pytest.raises(NotFound):
                await storage.answer_request(stranger, pair.id, accepted=accepted, at=AT)
    assert await states(storage, pair) == (0, 1, 0)


async def test_S18_requests_are_limited_and_the_budget_recovers(
    storage: Storage, pair: Pair
) -> None:
    others = [await make_user(storage) for _ in range(REQUESTS_AT_ONCE + 2)]
    for other in others:
        await storage.change_privacy(other, TAKES_REQUESTS, at=AT)

    def first(other: str) -> Draft:
        return Draft(direct_conversation_id(pair.ada, other), pair.ada, other, new_id(), "hello")

    outcomes = await storage.append([first(other) for other in others], at=AT)
    refused = [each for each in outcomes if isinstance(each, ChatError)]
    assert [type(each) for each in refused] == [Throttled, Throttled]
    assert refused[0].retry_after == REQUEST_INTERVAL / 1_000
    assert await refusals(storage, first(others[0]), first(others[-1])) == [None, Throttled]
    unlimited = await make_user(storage)
    assert await refusals(storage, first(unlimited)) == [None]
    await send(storage, first(others[-1]), at=AT + REQUEST_INTERVAL)
    late = await storage.append([first(others[-2])], at=AT + REQUEST_INTERVAL)
    assert isinstance(late[0], Throttled)


async def test_requests_are_not_searched(storage: Storage, pair: Pair) -> None:
    (sent,) = await send(storage, pair.draft("needle"))

    async def found(user_id: str) -> list[str]:
        page = await storage.search(user_id, ["needle"], limit=10)
        return [each.id for each in page.messages]

    assert await found(pair.ada) == [sent.message.id]
    assert await found(pair.bob) == []
    await answer(storage, pair, accepted=True)
    assert await found(pair.bob) == [sent.message.id]
