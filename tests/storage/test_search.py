"""Search finds what is there now, of one's own, and nothing else (R7, S11, S18, S24)."""

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from backchannel.domain.errors import Invalid
from backchannel.domain.events import EventKind
from backchannel.domain.folding import fold
from backchannel.domain.revisions import delete, edit
from backchannel.domain.search import terms_of
from backchannel.ports.search import Found
from backchannel.ports.storage import Storage
from tests.storage.openers import Ability, Opener
from tests.storage.people import AT, Pair, make_pair, send, session_draft
from tests.storage.test_input import HOSTILE

WITHIN = 1.0
"""Seconds after which a message must be findable, on a machine that is not overloaded."""


async def found(storage: Storage, user_id: str, query: str, **given: str) -> list[str]:
    page = await storage.search(user_id, terms_of(query), limit=99, **given)
    return [message.body for message in page.messages]


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


async def test_voicing_marks_are_no_accents(storage: Storage, pair: Pair) -> None:
    await send(storage, pair.draft("かき"), pair.draft("がき"))
    assert await found(storage, pair.ada, "がき") == ["がき"]


async def test_S11_only_one_s_own_conversations(storage: Storage, pair: Pair) -> None:
    other = await make_pair(storage)
    (theirs,) = await send(storage, other.draft("secret plans"))
    assert await found(storage, pair.ada, "secret") == []
    assert await found(storage, pair.ada, "secret", conversation_id=other.id) == []
    assert await found(storage, pair.ada, "se", conversation_id=other.id) == []
    for before in (theirs.message.id, "no id"):
        with pytest.raises(Invalid):
            await found(storage, pair.ada, "secret", before=before)


async def test_one_conversation_by_itself(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    session = session_draft(pair.ada, "key", "lunch in a session")
    await send(storage, pair.draft("lunch"))
    await send(storage, session)
    assert await found(storage, pair.ada, "lunch") == ["lunch in a session", "lunch"]
    assert await found(storage, pair.ada, "lunch", conversation_id=pair.id) == ["lunch"]
    here = session.conversation_id
    assert await found(storage, pair.ada, "lunch", conversation_id=here) == ["lunch in a session"]
    assert await found(storage, pair.ada, "lunch", conversation_id="nowhere") == []


async def test_R7_what_was_deleted_or_replaced_is_gone_at_once(
    storage: Storage, pair: Pair
) -> None:
    await send(storage, *(pair.draft(f"secret {n}") for n in range(3)))
    for pause in (0.0, 0.2):
        await asyncio.sleep(pause)  # with the index behind, and with it up to date
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


async def test_R7_a_deleted_session_holds_nothing(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    await send(storage, session_draft(pair.ada, "key", "secret"))
    await storage.delete_session(pair.ada, "key", at=AT)
    assert await found(storage, pair.ada, "secret") == []
    await storage.create_session(pair.ada, "key", name="Again", at=AT)
    assert await found(storage, pair.ada, "secret") == []


async def pages(storage: Storage, user_id: str, query: str, limit: int) -> list[Found]:
    """All pages, each going on where the one before ended."""
    read = [await storage.search(user_id, terms_of(query), limit=limit)]
    while read[-1].next is not None:
        page = await storage.search(user_id, terms_of(query), before=read[-1].next, limit=limit)
        read.append(page)
    return read


@pytest.mark.parametrize("query", ["needle", "ne"])
async def test_pages_have_everything_once(storage: Storage, pair: Pair, query: str) -> None:
    await send(storage, *(pair.draft(f"{'needle' if n % 3 else 'hay'} {n}") for n in range(700)))
    read = await pages(storage, pair.ada, query, 50)
    texts = [message.body for page in read for message in page.messages]
    assert texts == [f"needle {n}" for n in reversed(range(700)) if n % 3]
    assert all(len(page.messages) <= 50 for page in read)


async def test_S18_one_search_reads_a_bounded_amount(storage: Storage, pair: Pair) -> None:
    for _ in range(20):
        await send(storage, *(pair.draft("x" * 50_000) for _ in range(2)))
    await send(storage, pair.draft("z"))
    read = await pages(storage, pair.bob, "zz", 10)
    assert len(read) > 2
    assert sum(len(page.messages) for page in read) == 0


@pytest.mark.parametrize("text", [*HOSTILE, 'a" OR body:*', "NEAR(a b)", "-x", "body : x", "^a*"])
async def test_S24_a_query_is_only_text(storage: Storage, pair: Pair, text: str) -> None:
    other = await make_pair(storage)
    await send(storage, pair.draft(text), pair.draft("abc"), other.draft(text))
    for pause in (0.0, 0.1):
        await asyncio.sleep(pause)  # with the index behind, and with it up to date
        page = await storage.search(pair.ada, [fold(text)], limit=9)
        assert [(each.conversation_id, each.body) for each in page.messages] == [(pair.id, text)]


@pytest.mark.parametrize("text", ["\ud800\ud800\ud800", "abc\0def", '"', "\0"])
async def test_S24_what_is_no_text_is_not_found(storage: Storage, pair: Pair, text: str) -> None:
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
