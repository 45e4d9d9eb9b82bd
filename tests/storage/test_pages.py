"""Pages end at about a megabyte, lose nothing, and show whether others follow (rule R13)."""

import msgspec

from backchannel.chat.conversations import next_before
from backchannel.domain.events import EventKind
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import BODY_LIMIT, PAGE_BYTES, Draft, Message, size_of
from backchannel.domain.revisions import delete
from backchannel.ports.storage import Storage
from tests.storage.people import AT, Pair, make_user, send
from tests.storage.test_files import make_file, naming

LONGEST = "é" * (BODY_LIMIT // 2)
MESSAGES = 40


async def _fill(storage: Storage, pair: Pair) -> None:
    """Many short messages, then more long ones than fit on two pages."""
    await send(storage, *(pair.draft(f"short {n}") for n in range(30)))
    await send(storage, *(pair.draft(LONGEST) for _ in range(MESSAGES)))


def _is_bounded(messages: list[Message]) -> bool:
    return 0 < sum(map(size_of, messages)) < PAGE_BYTES + BODY_LIMIT


async def test_R13_history_ends_where_a_page_is_full(storage: Storage, pair: Pair) -> None:
    await _fill(storage, pair)
    older: list[int] = []
    before = None
    while page := await storage.history(pair.id, before=before, limit=200):
        assert _is_bounded(page)
        older = [*(each.seq for each in page), *older]
        before = page[0].seq
    newer: list[int] = []
    while page := await storage.history(pair.id, after=max(newer, default=0), limit=200):
        assert _is_bounded(page)
        newer += [each.seq for each in page]
    assert older == newer == list(range(1, 30 + MESSAGES + 1))


async def test_R13_a_history_of_files_ends_where_a_page_is_full(
    storage: Storage, pair: Pair
) -> None:
    file = await make_file(storage, pair.ada)
    await send(storage, *(naming(pair.draft(LONGEST), file) for _ in range(MESSAGES)))
    older: list[int] = []
    before = None
    while page := await storage.history(pair.id, before=before, limit=200, with_files=True):
        assert _is_bounded(page)
        older = [*(each.seq for each in page), *older]
        before = page[0].seq
    assert older == list(range(1, MESSAGES + 1))


async def test_R13_a_log_page_ends_where_it_is_full_and_says_so(
    storage: Storage, pair: Pair
) -> None:
    await _fill(storage, pair)
    positions: list[int] = []
    complete = False
    while not complete:
        page = await storage.log(pair.bob, after=max(positions, default=0), limit=500)
        found = [each.payload.content for each in page.events]
        assert _is_bounded([each for each in found if isinstance(each, Message)])
        positions += [each.position for each in page.events]
        complete = page.complete
    assert positions == list(range(1, page.head.position + 1))


async def test_R13_a_list_of_conversations_ends_where_its_last_messages_fill_it(
    storage: Storage,
) -> None:
    ada = await make_user(storage)
    peers = [await make_user(storage) for _ in range(MESSAGES)]
    for number, peer in enumerate(peers):
        draft = Draft(direct_conversation_id(ada, peer), ada, peer, f"key {number}", LONGEST)
        await send(storage, draft, at=AT + number)
    seen: list[str] = []
    before: tuple[int, str] | None = None
    while True:
        page = await storage.conversations(ada, before=before, limit=200)
        assert _is_bounded([each.last_message for each in page if each.last_message])
        seen += [each.peer_id for each in page]
        following = next_before(page, 200)
        if following is None:
            break
        before = following.updated_at, following.id
    assert seen == peers[::-1]


async def test_R13_one_query_skips_many_deleted_messages(storage: Storage, pair: Pair) -> None:
    await send(storage, *(pair.draft(f"message {n}") for n in range(60)))
    for seq in range(4, 61):
        await storage.change(pair.id, seq, EventKind.DELETE, delete(pair.ada, at=AT))
    page = await storage.undeleted(pair.id, before=None, limit=2)
    assert [each.seq for each in page] == [2, 3]
    assert [each.seq for each in await storage.undeleted(pair.id, before=3, limit=9)] == [1, 2]
    assert await storage.undeleted(pair.id, before=1, limit=9) == []


async def test_R13_pages_count_characters_by_their_length_in_json(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, *(pair.draft("\x01" * BODY_LIMIT) for _ in range(9)))
    newest = await storage.history(pair.id, limit=200)
    undeleted = await storage.undeleted(pair.id, before=None, limit=200)
    logged = await storage.log(pair.bob, after=0, limit=500)
    assert [each.seq for each in newest] == [each.seq for each in undeleted] == [8, 9]
    assert len(logged.events) == 2
    assert not logged.complete
    assert len(msgspec.json.encode(newest)) < PAGE_BYTES + 6 * BODY_LIMIT
