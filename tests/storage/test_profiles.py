"""Changes of profiles, and when the peers are told of them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from backchannel.domain.erasures import new_erasure
from backchannel.domain.errors import EmailTaken, NotFound
from backchannel.domain.events import Event, EventKind, ProfileChange
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft
from backchannel.domain.users import ProfilePatch
from backchannel.ports.storage import Storage
from backchannel.storage.shared import profiles
from backchannel.storage.shared.profiles import ROUND_INTERVAL
from tests.storage.openers import Opener
from tests.storage.people import AT, Pair, make_user, send, whole_log


async def test_profile_changes_reach_the_user_and_the_peers(storage: Storage, pair: Pair) -> None:
    stranger = await make_user(storage)
    await send(storage, pair.draft("hello"))
    events = await storage.update_profile(pair.ada, ProfilePatch(display_name="Countess"), at=AT)
    assert {event.user_id for event in events} == {pair.ada, pair.bob}
    assert {event.payload.kind for event in events} == {EventKind.PROFILE}
    assert {event.payload.content for event in events} == {ProfileChange(pair.ada)}
    assert (await storage.log(pair.bob, after=1, limit=9)).events == (events[1],)
    assert not (await storage.log(stranger, after=0, limit=9)).events
    assert [u.id for u in await storage.list_users(after=None, limit=9, search="countess")] == [
        pair.ada
    ]


async def test_peers_learn_of_one_profile_change_in_a_minute_and_then_of_the_last(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, pair.draft("hello"))
    before = (await storage.heads([pair.bob]))[pair.bob].position
    for number in range(100):
        name = f"Countess {number}"
        patch = ProfilePatch(display_name=name)
        events = await storage.update_profile(pair.ada, patch, at=AT + number)
        assert [event.user_id for event in events] == [pair.ada, pair.bob][: 1 + (number == 0)]
    assert await storage.notify_of_profiles(at=AT + ROUND_INTERVAL - 1) is None
    (notified,) = await storage.notify_of_profiles(at=AT + ROUND_INTERVAL) or []
    assert (notified.user_id, notified.position, notified.payload.content) == (
        pair.bob,
        before + 2,
        ProfileChange(pair.ada),
    )
    assert await storage.notify_of_profiles(at=AT + 9 * ROUND_INTERVAL) is None


async def test_peers_learn_of_a_new_line_about_a_user(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("hello"))
    events = await storage.update_profile(pair.ada, ProfilePatch(about="Out for lunch"), at=AT)
    assert [event.user_id for event in events] == [pair.ada, pair.bob]
    assert (await storage.users([pair.ada]))[pair.ada].about == "Out for lunch"


async def test_peers_learn_nothing_of_a_new_address(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("hello"))
    events = await storage.update_profile(pair.ada, ProfilePatch(email="a@b.example"), at=AT)
    assert [event.user_id for event in events] == [pair.ada]


async def test_a_profile_change_refuses_a_taken_address(storage: Storage, pair: Pair) -> None:
    await storage.update_profile(pair.ada, ProfilePatch(email="ada@example.org"), at=AT)
    assert not await storage.update_profile(pair.ada, ProfilePatch(email="ada@example.org"), at=AT)
    assert await storage.update_profile(pair.ada, ProfilePatch(email="ADA@example.org"), at=AT)
    with pytest.raises(EmailTaken):
        await storage.update_profile(pair.bob, ProfilePatch(email="Ada@example.org"), at=AT)
    with pytest.raises(NotFound):
        await storage.update_profile("nobody", ProfilePatch(display_name="x"), at=AT)


async def make_peers(storage: Storage, user_id: str, number: int) -> list[str]:
    """This many users to whom the user has written."""
    peers = [await make_user(storage) for _ in range(number)]
    for peer in peers:
        conversation = direct_conversation_id(user_id, peer)
        await send(storage, Draft(conversation, user_id, peer, peer, "hello"))
    return peers


async def notified_in_parts(storage: Storage, *, at: int) -> list[list[str]]:
    """The users who are notified, transaction by transaction, until none is due."""
    parts: list[list[str]] = []
    while (events := await storage.notify_of_profiles(at=at)) is not None:
        parts.append(readers(events))
    return parts


def readers(events: Sequence[Event]) -> list[str]:
    return [event.user_id for event in events]


async def rename(storage: Storage, user_id: str, name: str, *, at: int) -> list[str]:
    """Change the user's display name; return the users who are notified at once."""
    events = await storage.update_profile(user_id, ProfilePatch(display_name=name), at=at)
    assert events[0].user_id == user_id
    return readers(events[1:])


def sizes(parts: list[list[str]]) -> list[int]:
    return [len(each) for each in parts]


@pytest.fixture
def parts_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "PART", 2)


@pytest.mark.usefixtures("parts_of_two")
async def test_peers_are_notified_in_short_transactions_that_a_crash_cannot_lose(
    opener: Opener, tmp_path: Path
) -> None:
    storage = await opener.open(tmp_path)
    ada = await make_user(storage)
    peers = await make_peers(storage, ada, 5)
    parts = [await rename(storage, ada, "Countess", at=AT)]
    await storage.close()
    storage = await opener.open(tmp_path)
    parts += await notified_in_parts(storage, at=AT)
    assert sizes(parts) == [2, 2, 1]
    assert {each for part in parts for each in part} == set(peers)
    for peer in peers:
        assert [each.payload.kind for each in await whole_log(storage, peer)][1:] == ["profile"]
    await storage.close()


@pytest.mark.usefixtures("parts_of_two")
async def test_a_profile_change_during_notification_is_announced_to_all_peers_later(
    storage: Storage,
) -> None:
    ada = await make_user(storage)
    peers = await make_peers(storage, ada, 3)
    first = await rename(storage, ada, "Countess", at=AT)
    assert await rename(storage, ada, "Baroness", at=AT) == []
    (last,) = await notified_in_parts(storage, at=AT)
    assert (len(first), {*first, *last}) == (2, set(peers))
    assert await notified_in_parts(storage, at=AT + ROUND_INTERVAL - 1) == []
    assert await notified_in_parts(storage, at=AT + ROUND_INTERVAL) == [first, last]
    assert await notified_in_parts(storage, at=AT + 9 * ROUND_INTERVAL) == []


@pytest.mark.usefixtures("parts_of_two")
async def test_users_take_turns_at_notifying_their_peers(storage: Storage) -> None:
    ada, eve = await make_user(storage), await make_user(storage)
    of_ada, of_eve = [set(await make_peers(storage, user_id, 5)) for user_id in (ada, eve)]
    of_ada -= set(await rename(storage, ada, "Countess", at=AT))
    of_eve -= set(await rename(storage, eve, "Baroness", at=AT + 1))
    for number in range(4):
        notified = set(readers(await storage.notify_of_profiles(at=AT + 2 + number) or []))
        of_user = of_eve if number % 2 else of_ada
        assert notified <= of_user
        of_user -= notified
    assert not of_ada | of_eve


@pytest.mark.usefixtures("parts_of_two")
async def test_S22_peers_of_an_erased_user_are_notified_in_bounded_transactions(
    storage: Storage,
) -> None:
    ada = await make_user(storage)
    peers = await make_peers(storage, ada, 5)
    await storage.set_blocked(peers[4], ada, blocked=True, at=AT)
    await rename(storage, ada, "Countess", at=AT)
    requested = await storage.request_erasure(new_erasure(ada, at=AT + 1))
    parts = [readers(requested.events), *await notified_in_parts(storage, at=AT + 1)]
    assert sizes(parts) == [2, 2, 1]
    assert {each for part in parts for each in part} == set(peers)


@pytest.mark.usefixtures("parts_of_two")
async def test_blocked_and_silent_peers_are_skipped_in_short_transactions(
    storage: Storage,
) -> None:
    ada = await make_user(storage)
    peers = await make_peers(storage, ada, 4)
    for peer in peers[:3]:
        await storage.set_blocked(ada, peer, blocked=True, at=AT)
    silent = await make_user(storage)
    await storage.create_direct(ada, silent, at=AT)
    parts = [
        await rename(storage, ada, "Countess", at=AT),
        *await notified_in_parts(storage, at=AT),
    ]
    assert len(parts) == 3
    assert [each for part in parts for each in part] == peers[3:]
