"""Messages leave one by one, in the order they were typed."""

import asyncio
from pathlib import Path

import pytest

from backchannel.cli.chat.outbox import Outbox
from backchannel.cli.chat.unsent import Message, UnsentMessages


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(UnsentMessages(tmp_path))


def message(client_id: str) -> Message:
    return Message(client_id, "g", f"text {client_id}")


async def is_quiet(outbox: Outbox) -> bool:
    """Whether nothing is to be sent now."""
    try:
        await asyncio.wait_for(outbox.next(), 0.05)
    except TimeoutError:
        return True
    return False


async def test_R4_a_message_waits_for_the_answer_to_the_one_before(outbox: Outbox) -> None:
    outbox.send(message("a"))
    outbox.send(message("b"))
    assert await outbox.next() == message("a")
    assert await is_quiet(outbox)
    assert outbox.answered("a") == message("a")
    assert await outbox.next() == message("b")


async def test_a_signal_does_not_wait_for_a_message(outbox: Outbox) -> None:
    outbox.send(message("a"))
    await outbox.next()
    outbox.signal(type="typing")
    assert await outbox.next() == {"type": "typing"}


async def test_R4_a_postponed_message_is_not_overtaken(outbox: Outbox) -> None:
    outbox.send(message("a"))
    outbox.send(message("b"))
    await outbox.next()
    assert outbox.postpone("a", 0.2)
    assert await is_quiet(outbox)
    assert await asyncio.wait_for(outbox.next(), 10) == message("a")


async def test_R2_a_new_connection_sends_what_was_not_answered(outbox: Outbox) -> None:
    for each in "abc":
        outbox.send(message(each))
    await outbox.next()
    outbox.answered("a")
    await outbox.next()
    outbox.signal(type="typing")
    outbox.begin_again()
    assert await outbox.next() == message("b")
    outbox.answered("b")
    assert await outbox.next() == message("c")


async def test_a_message_is_on_disk_until_it_is_answered(outbox: Outbox, tmp_path: Path) -> None:
    outbox.send(message("a"))
    assert UnsentMessages(tmp_path).left() == ([message("a")], [])
    outbox.answered("a")
    assert UnsentMessages(tmp_path).left() == ([], [])


async def test_settled_waits_for_answers_and_not_for_ever(outbox: Outbox) -> None:
    assert await outbox.settled(0)
    outbox.send(message("a"))
    assert not await outbox.settled(0.05)
    waiting = asyncio.create_task(outbox.settled(30))
    await asyncio.sleep(0)
    outbox.answered("a")
    assert await waiting


async def test_a_full_disk_does_not_keep_a_message_from_being_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    outbox = Outbox(UnsentMessages(tmp_path / "file" / "folder"))
    with pytest.raises(OSError, match="file"):
        outbox.send(message("a"))
    assert await outbox.next() == message("a")
    assert outbox.answered("a") == message("a")
