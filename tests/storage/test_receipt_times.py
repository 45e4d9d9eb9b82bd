"""The times of a message's delivery and reading come from the receipts in its sender's log."""

import pytest

from backchannel.domain.conversations import ReceiptTimes
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.users import Audience, PrivacyPatch
from backchannel.ports.storage import Acknowledgement, ReadMark, Storage
from backchannel.storage.shared import receipt_times
from tests.storage.people import AT, Pair, add_login, make_login, make_user, send

SECOND = 1_000


async def times(storage: Storage, pair: Pair, seq: int) -> ReceiptTimes:
    message = await storage.message(pair.id, seq)
    assert message is not None
    return await storage.receipt_times(message)


async def test_R6_each_message_has_the_time_of_the_first_receipt_that_covers_it(
    storage: Storage, pair: Pair
) -> None:
    login = make_login(pair.bob)
    await add_login(storage, login)
    await send(storage, *(pair.draft(str(number)) for number in range(4)))
    assert await times(storage, pair, 1) == ReceiptTimes()
    for position, at in ((2, AT + SECOND), (3, AT + 2 * SECOND)):
        await storage.acknowledge([Acknowledgement(pair.bob, login.id, position, at)])
    await storage.mark_read([ReadMark(pair.bob, pair.id, 1, AT + 3 * SECOND)])
    await storage.mark_read([ReadMark(pair.bob, pair.id, 4, AT + 4 * SECOND)])
    assert await times(storage, pair, 1) == ReceiptTimes(AT + SECOND, AT + 3 * SECOND)
    assert await times(storage, pair, 3) == ReceiptTimes(AT + 2 * SECOND, AT + 4 * SECOND)
    assert await times(storage, pair, 4) == ReceiptTimes(AT + 4 * SECOND, AT + 4 * SECOND)


async def test_receipts_of_other_conversations_and_of_the_answers_do_not_count(
    storage: Storage, pair: Pair
) -> None:
    carol = await make_user(storage)
    other = Pair(pair.ada, carol, direct_conversation_id(pair.ada, carol))
    await send(storage, pair.draft("one"), pair.answer("two"), other.draft("one"))
    await storage.mark_read([ReadMark(carol, other.id, 1, AT + SECOND)])
    await storage.mark_read([ReadMark(pair.ada, pair.id, 2, AT + SECOND)])
    assert await times(storage, pair, 1) == ReceiptTimes()
    assert await times(storage, pair, 2) == ReceiptTimes(AT + SECOND, AT + SECOND)
    assert await times(storage, other, 1) == ReceiptTimes(AT + SECOND, AT + SECOND)


async def test_a_hidden_read_receipt_has_no_time(storage: Storage, pair: Pair) -> None:
    await storage.change_privacy(pair.bob, PrivacyPatch(receipts=Audience.NOBODY), at=AT)
    await send(storage, pair.draft("one"))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 1, AT + SECOND)])
    assert await times(storage, pair, 1) == ReceiptTimes(AT + SECOND, None)


async def test_the_receipt_is_found_in_a_long_log(
    storage: Storage, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_times, "PAGE", 2)
    monkeypatch.setattr(receipt_times, "MOST_PAGES", 3)
    for number in range(12):
        await storage.append([pair.draft(str(number))], at=AT + number * SECOND)
        if number != 10:
            read = ReadMark(pair.bob, pair.id, number + 1, AT + number * SECOND + 1)
            await storage.mark_read([read])
    assert await times(storage, pair, 1) == ReceiptTimes(AT + 1, AT + 1)
    assert await times(storage, pair, 7) == ReceiptTimes(AT + 6 * SECOND + 1, AT + 6 * SECOND + 1)
    later = AT + 11 * SECOND + 1
    assert await times(storage, pair, 11) == ReceiptTimes(later, later)


async def test_a_trimmed_receipt_has_no_time(storage: Storage, pair: Pair) -> None:
    login = make_login(pair.ada)
    await add_login(storage, login)
    await send(storage, pair.draft("one"))
    await storage.mark_read([ReadMark(pair.bob, pair.id, 1, AT + SECOND)])
    await storage.acknowledge([Acknowledgement(pair.ada, login.id, 10, AT + SECOND)])
    assert await storage.trim_logs(before=AT + 2 * SECOND, keep=0)
    assert await times(storage, pair, 1) == ReceiptTimes()
