"""Search finds the current messages of its user, and nothing else (R7, S11, S18, S24)."""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

from backchannel.domain.conversations import REQUEST_MESSAGES
from backchannel.domain.errors import Invalid
from backchannel.domain.events import EventKind
from backchannel.domain.folding import fold
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.revisions import delete, edit
from backchannel.domain.search import SearchFilter, terms_of
from backchannel.domain.users import FirstMessages, PrivacyPatch
from backchannel.ports.storage import Storage
from backchannel.ports.storage.messages import Found
from backchannel.storage.sql.search import PAGE
from tests.storage.openers import Ability, Opener
from tests.storage.people import AT, Pair, make_pair, make_user, send, session_draft
from tests.storage.test_input import HOSTILE

WITHIN = 60.0
"""Seconds after which a message must be findable, also on a busy machine."""


async def found(storage: Storage, user_id: str, query: str, **given: Any) -> list[str]:
    page = await storage.search(user_id, terms_of(query), limit=99, **given)
    return [message.body for message in page.messages]


async def test_a_filter_admits_by_sender_time_files_and_links(storage: Storage, pair: Pair) -> None:
    for number, draft in enumerate(
        [
            pair.draft("lunch at http://one.example"),
            pair.answer("no lunch"),
            pair.draft("lunch, then"),
            pair.draft("lunch at www.two.example"),
            pair.draft("awww. lunch"),
        ]
    ):
        await storage.append([draft], at=AT + number * 1_000)

    async def only(**given: Any) -> list[str]:
        page = await storage.search(
            pair.ada, terms_of("lunch"), only=SearchFilter(**given), limit=99
        )
        assert page.next is None
        return [message.body for message in page.messages]

    assert await only(sender_id=pair.bob) == ["no lunch"]
    assert await only(with_links=True) == [
        "lunch at www.two.example",
        "lunch at http://one.example",
    ]
    assert await only(with_files=True) == []
    assert await only(since=AT + 3_000) == ["awww. lunch", "lunch at www.two.example"]
    assert await only(since=AT + 1_000, until=AT + 2_000) == ["no lunch"]
    assert await only(until=AT, sender_id=pair.ada) == []


async def test_messages_with_wrong_clock_times_are_found_by_time(
    storage: Storage, pair: Pair
) -> None:
    for moment in (AT, AT + 9_000, AT + 1_000, AT + 10_000):
        await storage.append([pair.draft(f"lunch {moment - AT}")], at=moment)
    only = SearchFilter(since=AT + 5_000)
    assert await found(storage, pair.ada, "lunch", only=only) == ["lunch 10000", "lunch 9000"]


@pytest.mark.parametrize("one_conversation", [False, True])
async def test_messages_newer_than_the_filter_are_skipped(
    storage: Storage, pair: Pair, *, one_conversation: bool
) -> None:
    for hour in range(40):
        await storage.append([pair.draft(f"lunch {hour:02}")], at=AT + hour * 3_600_000)
    page = await storage.search(
        pair.ada,
        terms_of("lunch"),
        conversation_id=direct_conversation_id(pair.ada, pair.bob) if one_conversation else None,
        only=SearchFilter(until=AT + 2 * 3_600_000),
        limit=9,
    )
    assert [message.body for message in page.messages] == ["lunch 01", "lunch 00"]
    assert page.characters <= 4 * len("lunch 00")


async def test_a_word_is_found_newest_first(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("lunch at noon"), pair.answer("no lunch"), pair.draft("tea"))
    for user_id in (pair.ada, pair.bob):
        assert await found(storage, user_id, "lunch") == ["no lunch", "lunch at noon"]
    assert await found(storage, pair.ada, "lunch noon") == ["lunch at noon"]
    assert await found(storage, pair.ada, '"noon lunch"') == []
    assert await found(storage, pair.ada, "dinner") == []
    assert await found(storage, "nobody", "lunch") == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("STRASSE", "Königstraße 7"),
        ("konig", "Königstraße 7"),
        ("CAFÉ", "cafe\u0301 noir"),
        ("ファイル", "そのファイルを送って"),
        ("ﾌｧｲﾙ", "そのファイルを送って"),
        ("送", "そのファイルを送って"),
        ("明天见面", "我们明天见面吧"),
        ("见面", "我们明天见面吧"),
        ("привет", "ПРИВЕТ!"),
        ("👩‍🚀", "to the moon 👩‍🚀"),
        ("oo", "to the moon 👩‍🚀"),
    ],
)
async def test_every_script_is_found_inside_of_words(
    storage: Storage, opener: Opener, pair: Pair, query: str, text: str
) -> None:
    opener.requires(Ability.SUBSTRINGS)
    await send(storage, pair.draft(text), pair.draft("something else"))
    assert await found(storage, pair.bob, query) == [text]


async def test_kana_with_voicing_marks_are_different_letters(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("かき"), pair.draft("がき"))
    assert await found(storage, pair.ada, "がき") == ["がき"]


async def test_S11_only_your_own_conversations_are_searched(storage: Storage, pair: Pair) -> None:
    other = await make_pair(storage)
    (theirs,) = await send(storage, other.draft("secret plans"))
    assert await found(storage, pair.ada, "secret") == []
    assert await found(storage, pair.ada, "secret", conversation_id=other.id) == []
    assert await found(storage, pair.ada, "se", conversation_id=other.id) == []
    for before in (theirs.message.id, "no id"):
        with pytest.raises(Invalid):
            await found(storage, pair.ada, "secret", before=before)


async def test_a_search_can_be_limited_to_one_conversation(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    session = session_draft(pair.ada, "key", "lunch in a session")
    await send(storage, pair.draft("lunch"))
    await send(storage, session)
    assert await found(storage, pair.ada, "lunch") == ["lunch in a session", "lunch"]
    assert await found(storage, pair.ada, "lunch", conversation_id=pair.id) == ["lunch"]
    here = session.conversation_id
    assert await found(storage, pair.ada, "lunch", conversation_id=here) == ["lunch in a session"]
    assert await found(storage, pair.ada, "lunch", conversation_id="nowhere") == []


@pytest.mark.parametrize("pause", [0.0, 1.0])
async def test_one_conversation_is_searched_past_many_messages_of_another(
    storage: Storage, pair: Pair, pause: float
) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    session = session_draft(pair.ada, "key", "lunch in a session")
    await send(storage, session)
    await send(storage, *(pair.draft(f"lunch {n}") for n in range(PAGE + 1)))
    await asyncio.sleep(pause)  # with the index behind, then up to date
    here = session.conversation_id
    assert await found(storage, pair.ada, "lunch", conversation_id=here) == ["lunch in a session"]


async def test_R7_deleted_and_replaced_texts_are_not_found_at_once(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, *(pair.draft(f"secret {n}") for n in range(3)))
    for pause in (0.0, 0.2):
        await asyncio.sleep(pause)  # with the index behind, then up to date
        await storage.change(
            pair.id, 1, EventKind.EDIT, edit(pair.ada, f"public {pause}", at=AT + 1)
        )
        assert await found(storage, pair.bob, "secret") == ["secret 2", "secret 1"]
        assert await found(storage, pair.bob, "public") == [f"public {pause}"]
    await storage.change(pair.id, 2, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await found(storage, pair.bob, "secret") == ["secret 2"]
    await asyncio.sleep(0.1)
    assert await found(storage, pair.bob, "secret") == ["secret 2"]
    assert await found(storage, pair.bob, "public") == ["public 0.2"]


@pytest.mark.parametrize("pause", [0.0, 0.5])
async def test_the_search_continues_past_many_deleted_messages(
    storage: Storage, pair: Pair, pause: float
) -> None:
    await send(storage, pair.draft("lunch at noon"))
    await send(storage, *(pair.draft(f"lunch {n}") for n in range(PAGE + 1)))
    await asyncio.sleep(pause)  # with the index behind, then up to date
    for seq in range(2, PAGE + 3):
        await storage.change(pair.id, seq, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await found(storage, pair.bob, "lunch") == ["lunch at noon"]


async def test_the_search_continues_past_many_message_requests(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, pair.draft("lunch at noon"))
    await storage.change_privacy(
        pair.bob, PrivacyPatch(first_messages=FirstMessages.REQUESTS), at=AT
    )
    for n in range(PAGE // REQUEST_MESSAGES + 1):
        stranger = await make_user(storage)
        request = Pair(stranger, pair.bob, direct_conversation_id(stranger, pair.bob))
        at = AT + n * 3_600_000
        await send(storage, *(request.draft(f"lunch {m}") for m in range(REQUEST_MESSAGES)), at=at)
    assert await found(storage, pair.bob, "lunch") == ["lunch at noon"]


async def test_R7_a_deleted_session_has_no_search_results(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    await send(storage, session_draft(pair.ada, "key", "secret"))
    await storage.delete_session(pair.ada, "key", at=AT)
    assert await found(storage, pair.ada, "secret") == []
    await storage.create_session(pair.ada, "key", name="Again", at=AT)
    assert await found(storage, pair.ada, "secret") == []


async def pages(storage: Storage, user_id: str, query: str, limit: int) -> list[Found]:
    """All pages, each continuing where the previous one ended."""
    read = [await storage.search(user_id, terms_of(query), limit=limit)]
    while read[-1].next is not None:
        page = await storage.search(user_id, terms_of(query), before=read[-1].next, limit=limit)
        read.append(page)
    return read


@pytest.mark.parametrize("query", ["needle", "ne"])
async def test_pages_contain_every_hit_once(storage: Storage, pair: Pair, query: str) -> None:
    await send(storage, *(pair.draft(f"{'needle' if n % 3 else 'hay'} {n}") for n in range(700)))
    read = await pages(storage, pair.ada, query, 50)
    texts = [message.body for page in read for message in page.messages]
    assert texts == [f"needle {n}" for n in reversed(range(700)) if n % 3]
    assert all(len(page.messages) <= 50 for page in read)


async def test_S18_each_page_of_a_search_reads_a_bounded_amount(
    storage: Storage, pair: Pair
) -> None:
    for _ in range(20):
        await send(storage, *(pair.draft("x" * 50_000) for _ in range(2)))
    await send(storage, pair.draft("z"))
    read = await pages(storage, pair.bob, "zz", 10)
    assert len(read) > 2
    assert sum(len(page.messages) for page in read) == 0


@pytest.mark.parametrize("text", [*HOSTILE, 'a" OR body:*', "NEAR(a b)", "-x", "body : x", "^a*"])
async def test_S24_a_query_is_literal_text(storage: Storage, pair: Pair, text: str) -> None:
    other = await make_pair(storage)
    await send(storage, pair.draft(text), pair.draft("abc"), other.draft(text))
    for pause in (0.0, 0.1):
        await asyncio.sleep(pause)  # with the index behind, then up to date
        page = await storage.search(pair.ada, [fold(text)], limit=9)
        assert [(each.conversation_id, each.body) for each in page.messages] == [(pair.id, text)]


@pytest.mark.parametrize("text", ["\ud800\ud800\ud800", "abc\0def", '"', "\0"])
async def test_S24_a_query_with_invalid_text_finds_nothing(
    storage: Storage, pair: Pair, text: str
) -> None:
    await send(storage, pair.draft("abc"))
    with contextlib.suppress(Invalid):
        assert (await storage.search(pair.ada, [text], limit=9)).messages == ()


async def test_messages_are_found_soon_and_after_a_restart(opener: Opener, tmp_path: Path) -> None:
    storage = await opener.open(tmp_path)
    pair = await make_pair(storage)
    for n in range(5):
        await send(storage, *(pair.draft(f"message number {n}") for _ in range(500)))
    until = time.monotonic() + WITHIN
    while not await found(storage, pair.ada, "number 4"):
        assert time.monotonic() < until
    await storage.close()
    storage = await opener.open(tmp_path)
    texts = await pages(storage, pair.ada, "message", 500)
    assert sum(len(page.messages) for page in texts) == 2_500
    await storage.close()
