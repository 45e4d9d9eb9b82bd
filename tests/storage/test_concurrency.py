"""R2, R3, R4, R6: concurrent writes of two processes leave consistent data."""

import asyncio
from pathlib import Path
from random import Random

from backchannel.domain.errors import UsernameTaken
from backchannel.domain.events import EventKind
from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Draft, Message
from backchannel.ports.storage import Storage, Stored
from tests.storage.openers import Ability, Opener
from tests.storage.people import AT, add_login, make_account, make_login, make_pair
from tests.storage.writes import WRITES, WriteContext, do, make_context

WORKERS = 4
"""Tasks on each of the two storages."""
WRITES_EACH = 40


async def open_twice(opener: Opener, folder: Path) -> tuple[Storage, Storage]:
    opener.requires(Ability.PROCESSES)
    return await opener.open(folder), await opener.open(folder)


async def test_R4_concurrent_writes_of_every_kind_leave_consistent_data(
    opener: Opener, tmp_path: Path
) -> None:
    one, other = await open_twice(opener, tmp_path)
    context = await make_context(one, Random(11))

    async def work(storage: Storage, seed: int) -> None:
        rng = Random(seed)
        mine = WriteContext(context.users, context.logins, rng, context.files)
        for _ in range(WRITES_EACH):
            await do(WRITES[rng.choice(list(WRITES))], storage, mine)

    await asyncio.gather(*(work(each, seed) for seed in range(WORKERS) for each in (one, other)))
    for user_id in context.users:
        await require_consistent(other, user_id)
    await one.close()
    await other.close()


async def require_consistent(storage: Storage, user_id: str) -> None:
    """Require logs and numbers without gaps, current messages and correct counts."""
    head = (await storage.heads([user_id]))[user_id]
    page = await storage.log(user_id, after=0, limit=100_000)
    positions = [event.position for event in page.events]
    assert positions == list(range(head.floor + 1, head.position + 1))
    entries = [event for event in page.events if event.payload.kind is EventKind.MESSAGE]
    for view in await storage.conversations(user_id, before=None, limit=100):
        messages = await storage.history(view.id, limit=100_000)
        assert [message.seq for message in messages] == list(range(1, view.last_seq + 1))
        assert len({(each.sender_id, each.client_id) for each in messages}) == len(messages)
        assert view.mine.read_seq <= view.mine.delivered_seq <= view.last_seq
        assert view.unread == sum(
            each.sender_id != user_id and each.deleted_at is None
            for each in messages[view.mine.read_seq :]
        )
        seqs = [
            event.payload.content.seq
            for event in entries
            if isinstance(event.payload.content, Message)
            and event.payload.content.conversation_id == view.id
        ]
        assert seqs == list(range(view.last_seq - len(seqs) + 1, view.last_seq + 1))


async def test_R2_one_message_sent_by_two_processes_is_stored_once(
    opener: Opener, tmp_path: Path
) -> None:
    one, other = await open_twice(opener, tmp_path)
    pair = await make_pair(one)
    drafts = [pair.draft("once", client_id=str(number)) for number in range(10)]
    outcomes = await asyncio.gather(
        *(storage.append([draft], at=AT) for draft in drafts for storage in (one, other))
    )
    stored = [outcome for (outcome,) in outcomes if isinstance(outcome, Stored)]
    assert len(stored) == 20
    assert sum(each.repeated for each in stored) == 10
    assert len(await other.history(pair.id, limit=99)) == 10
    await one.close()
    await other.close()


async def test_one_of_two_concurrent_accounts_with_a_name_is_created(
    opener: Opener, tmp_path: Path
) -> None:
    one, other = await open_twice(opener, tmp_path)
    for _ in range(5):
        name = f"user-{new_id()}"
        made = await asyncio.gather(
            *(each.create_user(make_account(name)) for each in (one, other)),
            return_exceptions=True,
        )
        assert sum(each is None for each in made) == 1
        assert sum(isinstance(each, UsernameTaken) for each in made) == 1
    await one.close()
    await other.close()


async def test_S1_concurrent_ends_of_a_login_and_creations_of_a_session_count_once(
    opener: Opener, tmp_path: Path
) -> None:
    one, other = await open_twice(opener, tmp_path)
    pair = await make_pair(one)
    for key in ("a", "b", "c"):
        login = make_login(pair.ada)
        await add_login(one, login)
        ended = await asyncio.gather(*(each.end_logins(pair.ada, at=AT) for each in (one, other)))
        assert sorted(map(len, ended)) == [0, 1]
        begun = await asyncio.gather(
            *(each.create_session(pair.ada, key, name="n", at=AT) for each in (one, other))
        )
        assert sorted(len(events) for _, events in begun) == [0, 1]
    await one.close()
    await other.close()


async def test_R3_two_concurrent_first_messages_create_one_conversation(
    opener: Opener, tmp_path: Path
) -> None:
    one, other = await open_twice(opener, tmp_path)
    for _ in range(5):
        pair = await make_pair(one)
        assert pair.id == direct_conversation_id(pair.ada, pair.bob)
        first = Draft(pair.id, pair.ada, pair.bob, new_id(), "hello")
        second = Draft(pair.id, pair.bob, pair.ada, new_id(), "hello you")
        await asyncio.gather(one.append([first], at=AT), other.append([second], at=AT))
        assert [each.seq for each in await one.history(pair.id, limit=9)] == [1, 2]
    await one.close()
    await other.close()
