"""S24: every text and number is stored as data."""

import contextlib

import pytest

from backchannel.domain.errors import Invalid, NotFound
from backchannel.ports.storage import ReadMark, Storage
from tests.storage.people import AT, Pair, bodies, make_user, send

HOSTILE = [
    "'; DROP TABLE message; --",
    '" OR 1=1 --',
    "') UNION SELECT password_hash FROM account --",
    ":user_id ?1 $x @y",
    "%s %(x)s {0} \\",
    '["a", {"$ne": null}]',
    "\\u0000",
    "\\\\u0000",
    "\u202e\u200b🧑‍🤝‍🧑",
    "null",
    "-- \n\r\t\x01\x7f",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_S24_hostile_texts_are_returned_unchanged(
    storage: Storage, pair: Pair, text: str
) -> None:
    (stored,) = await send(storage, pair.draft(text, client_id=text))
    (again,) = await send(storage, pair.draft(text, client_id=text))
    assert (stored.message.body, stored.message.client_id) == (text, text)
    assert again.repeated
    assert await bodies(storage, pair.id) == [text]
    user_id = await make_user(storage, text)
    found = await storage.account_by_username(text)
    assert found is not None
    assert found.user.id == user_id
    listed = await storage.list_users(after=None, limit=99, search=text)
    assert [user.id for user in listed] == [user_id]
    view, _ = await storage.create_session(pair.ada, text, name=text, at=AT)
    assert (view.key, view.name) == (text, text)
    assert await storage.users([text]) == {}
    assert await storage.history(text, limit=9) == []
    assert await storage.conversation(text, text) is None


@pytest.mark.parametrize("number", [2**63, 2**70, -(2**64)])
async def test_S24_numbers_past_64_bits_are_refused(
    storage: Storage, pair: Pair, number: int
) -> None:
    with pytest.raises(Invalid):
        await storage.message(pair.id, number)
    with pytest.raises(Invalid):
        await storage.history(pair.id, before=number, limit=5)
    with pytest.raises(Invalid):
        await storage.log(pair.ada, after=abs(number), limit=number)


@pytest.mark.parametrize("text", ["\ud800", "a\0b"])
async def test_S24_invalid_text_leaves_the_storage_usable(
    storage: Storage, pair: Pair, text: str
) -> None:
    for call in (
        storage.account(text),
        storage.users([text]),
        storage.list_users(after=text, limit=5, search=text),
        storage.create_session(pair.ada, text, name=text, at=AT),
        storage.mark_read([ReadMark(text, pair.id, 1)]),
        storage.set_blocked(pair.ada, text, blocked=True, at=AT),
    ):
        with contextlib.suppress(Invalid, NotFound):
            await call
    await send(storage, pair.draft("still alive"))
