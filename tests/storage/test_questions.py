"""Questions: messages to the responder, until they are answered."""

from backchannel.domain.events import EventKind
from backchannel.domain.ids import RESPONDER_ID, session_conversation_id
from backchannel.domain.messages import Draft
from backchannel.domain.revisions import delete
from backchannel.ports.storage import Storage
from tests.storage.people import AT, Pair, refusals, send, session_draft


def answer(user_id: str, key: str, *, to: int, client_id: str) -> Draft:
    session = session_conversation_id(user_id, key)
    return Draft(session, RESPONDER_ID, user_id, client_id, "answer", reply_to=to)


async def unanswered(storage: Storage) -> list[str]:
    return [message.body for message in await storage.unanswered(limit=99)]


async def test_a_question_waits_until_it_is_answered(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    asked = await send(
        storage,
        session_draft(pair.ada, "key", "one"),
        pair.draft("no question"),
        session_draft(pair.ada, "key", "two"),
    )
    assert await storage.unanswered(limit=99) == [asked[0].message, asked[2].message]
    await send(storage, answer(pair.ada, "key", to=1, client_id="a1"))
    assert await unanswered(storage) == ["two"]
    await send(storage, answer(pair.ada, "key", to=1, client_id="a1"))
    await send(storage, answer(pair.ada, "key", to=2, client_id="a2"))
    assert await unanswered(storage) == []


async def test_a_message_without_reply_to_answers_no_question(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="Plans", at=AT)
    await send(storage, session_draft(pair.ada, "key", "one"))
    session = session_conversation_id(pair.ada, "key")
    await send(storage, Draft(session, RESPONDER_ID, pair.ada, "greeting", "hello"))
    await send(storage, session_draft(pair.ada, "key", "two"))
    assert await refusals(storage, answer(pair.ada, "other", to=1, client_id="a")) != [None]
    assert await unanswered(storage) == ["one", "two"]


async def test_questions_are_read_by_page(storage: Storage, pair: Pair) -> None:
    for key in ("a", "b"):
        await storage.create_session(pair.ada, key, name=key, at=AT)
    await send(storage, *(session_draft(pair.ada, "ab"[n % 2], f"{n}") for n in range(5)))
    first = await storage.unanswered(limit=3)
    rest = await storage.unanswered(after=first[-1].id, limit=3)
    assert [message.body for message in (*first, *rest)] == ["0", "1", "2", "3", "4"]


async def test_R7_deleted_questions_need_no_answer(storage: Storage, pair: Pair) -> None:
    for key in ("a", "b"):
        await storage.create_session(pair.ada, key, name=key, at=AT)
        await send(storage, session_draft(pair.ada, key, f"in {key}"))
    session = session_conversation_id(pair.ada, "a")
    await storage.change(session, 1, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await unanswered(storage) == ["in b"]
    await storage.delete_session(pair.ada, "b", at=AT)
    assert await unanswered(storage) == []
    await storage.create_session(pair.ada, "b", name="again", at=AT)
    assert await unanswered(storage) == []
