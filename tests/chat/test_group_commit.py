"""Group commit: which messages share a transaction, and what happens to waiting messages."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from backchannel.budgets.queue import FairQueue
from backchannel.chat import group_commit, publisher
from backchannel.chat.core import Core
from backchannel.chat.messages import draft, submit
from backchannel.domain.errors import ChatError, Conflict, Invalid, Overloaded, Unavailable
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Gather, Stored
from backchannel.telemetry import metrics
from tests.support.core import make_core, make_user
from tests.support.database import busy


class Sender:
    """Sends from Ada to Bob, and records the replies and the stored batches."""

    def __init__(self, core: Core, ada: str, bob: str, patch: pytest.MonkeyPatch) -> None:
        self.core = core
        self.ada, self.bob = ada, bob
        self.replies: list[Any] = []
        self.batches: list[int] = []
        really = core.storage.append_gathered

        async def noted(gather: Gather) -> Any:
            outcomes = await really(gather)
            self.batches.append(len(outcomes))
            return outcomes

        patch.setattr(core.storage, "append_gathered", noted)

    def send(self, body: str) -> None:
        submit(self.core, draft(self.ada, self.bob, body), self.replies.append)

    async def send_one_by_one(self, count: int) -> None:
        """Send 0, 1, 2 …, each in a separate turn of the event loop."""
        for number in range(count):
            self.send(str(number))
            await asyncio.sleep(0)

    async def replied(self, count: int) -> list[str]:
        """The bodies that were stored, in the order of the replies."""
        async with asyncio.timeout(60):
            while len(self.replies) < count:  # noqa: ASYNC110 - replies are called, not awaited
                await asyncio.sleep(0.005)
        return [each.message.body for each in self.replies if isinstance(each, Stored)]


@pytest.fixture
async def sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sender]:
    async with make_core(tmp_path) as core:
        ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
        yield Sender(core, ada.id, bob.id, monkeypatch)


async def test_R4_messages_that_arrive_during_a_transaction_share_the_next_one(
    sender: Sender,
) -> None:
    async with busy(sender.core.storage):
        await sender.send_one_by_one(5)
        assert sender.replies == []
    assert await sender.replied(5) == ["0", "1", "2", "3", "4"]
    assert sender.batches == [5]


async def test_R4_messages_beyond_a_full_batch_are_in_the_next_one(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "BATCH", 2)
    async with busy(sender.core.storage):
        await sender.send_one_by_one(5)
    assert await sender.replied(5) == ["0", "1", "2", "3", "4"]
    assert sender.batches == [2, 2, 1]


async def test_R14_the_replies_of_a_batch_leave_turns_to_others(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "TURN", 2)
    seen: set[int] = set()

    async def look() -> None:
        while len(sender.replies) < 6:
            seen.add(len(sender.replies))
            await asyncio.sleep(0)

    async with busy(sender.core.storage):
        await sender.send_one_by_one(6)
        looking = asyncio.create_task(look())
    assert await sender.replied(6) == ["0", "1", "2", "3", "4", "5"]
    await looking
    assert sender.batches == [6]
    assert seen == {0, 2, 4}


async def test_R4_events_are_published_in_commit_order(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "TURN", 2)
    monkeypatch.setattr(group_commit, "BATCH", 8)
    core, positions = sender.core, list[int]()
    core.bus.listen(
        lambda events: positions.extend(e.position for e in events if e.user_id == sender.ada)
    )

    async def mark_read() -> None:
        while len(sender.replies) < 800:
            if sender.replies:
                message = sender.replies[-1].message
                core.receipts.mark_read(sender.bob, message.conversation_id, message.seq)
                await core.receipts.flush()
            await asyncio.sleep(0)

    marking = asyncio.create_task(mark_read())
    for number in range(800):
        sender.send(str(number))
        if number % 40 == 0:
            await asyncio.sleep(0.001)  # storage takes batches meanwhile
    await sender.replied(800)
    await marking
    assert len(positions) > 800  # receipts are among them
    assert positions == list(range(1, len(positions) + 1))


async def test_R14_users_take_turns_and_large_messages_fill_a_batch(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "BATCH_BYTES", 200_000)
    async with busy(sender.core.storage):
        for number in range(8):
            sender.send(f"{number}" * 60_000)
        eve = draft(sender.bob, sender.ada, "a word")
        submit(sender.core, eve, sender.replies.append)
    bodies = await sender.replied(9)
    assert [body[0] for body in bodies] == ["0", "a", *"1234567"]
    assert sender.batches == [4, 3, 2]


async def test_R14_messages_beyond_a_full_queue_are_refused_at_once(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = 3 * (group_commit.OVERHEAD + 1)
    queue: group_commit.Waiting = FairQueue(bytes_per_key=three, bytes_in_all=1 << 20)
    monkeypatch.setattr(sender.core.sending, "_waiting", queue)
    async with busy(sender.core.storage):
        for number in range(3):
            sender.send(str(number))
        with pytest.raises(Overloaded):
            sender.send("one too many")
    assert await sender.replied(3) == ["0", "1", "2"]
    sender.send("there is room again")
    assert (await sender.replied(4))[-1] == "there is room again"


async def test_R9_waiting_senders_get_an_error_when_the_database_is_unavailable(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Gather) -> Any:
        raise Unavailable("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(sender.core.storage, "append_gathered", away)
        sender.send("one")
        sender.send("two")
        assert await sender.replied(2) == []
    assert [type(each) for each in sender.replies] == [Unavailable, Unavailable]
    sender.send("three")
    assert await sender.replied(3) == ["three"]


@pytest.mark.parametrize("fault", [Invalid("bad"), Conflict("bad"), ValueError("bad")])
async def test_R1_a_failing_draft_does_not_affect_the_others_of_its_batch(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    append, append_gathered = sender.core.storage.append, sender.core.storage.append_gathered

    def fail_on_the_bad_one(drafts: Sequence[Draft]) -> None:
        if any(each.body.startswith("bad") for each in drafts):
            raise fault

    async def one_by_one(drafts: Sequence[Draft], *, at: int) -> Any:
        fail_on_the_bad_one(drafts)
        return await append(drafts, at=at)

    async def together(gather: Gather) -> Any:
        def checked() -> Any:
            drafts, at = gather()
            fail_on_the_bad_one(drafts)
            return drafts, at

        return await append_gathered(checked)

    monkeypatch.setattr(sender.core.storage, "append", one_by_one)
    monkeypatch.setattr(sender.core.storage, "append_gathered", together)
    bodies = ["0", "1", "bad 2", "3", "4", "5", "bad 6", "7", "8"]
    async with busy(sender.core.storage):
        for body in bodies:
            sender.send(body)
    assert await sender.replied(len(bodies)) == [each for each in bodies if "bad" not in each]
    refusal = fault if isinstance(fault, ChatError) else None
    for body, reply in zip(bodies, sender.replies, strict=True):
        if "bad" in body:
            assert reply is refusal if refusal else isinstance(reply, Unavailable)


async def test_R4_a_refusal_does_not_overtake_earlier_replies(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = sender.core.storage.append_gathered
    begun = threading.Event()

    async def begin(gather: Gather) -> Any:
        def noted() -> Any:
            taken = gather()
            begun.set()
            over.wait(10)
            return taken

        return await really(noted)

    async def full(_: Gather) -> Any:
        raise Overloaded("the database has too much to do")

    over = threading.Event()
    monkeypatch.setattr(sender.core.storage, "append_gathered", begin)
    sender.send("stored")
    await asyncio.to_thread(begun.wait, 10)
    monkeypatch.setattr(sender.core.storage, "append_gathered", full)
    sender.send("refused")
    for _ in range(5):
        await asyncio.sleep(0)
    assert sender.replies == []
    over.set()
    assert await sender.replied(2) == ["stored"]
    assert isinstance(sender.replies[1], Overloaded)


async def test_R12_stopping_waits_for_every_reply(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "BATCH", 2)
    async with busy(sender.core.storage):
        for number in range(5):
            sender.send(str(number))
        stopping = asyncio.ensure_future(sender.core.sending.stop())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            sender.send("too late")
        assert not stopping.done()
    await stopping
    assert len(sender.replies) == 5


async def test_a_repeated_message_is_not_counted_as_stored(sender: Sender) -> None:
    before = metrics.MESSAGES_STORED._value.get()
    for _ in range(3):
        again = draft(sender.ada, sender.bob, "once", client_id="the same")
        submit(sender.core, again, sender.replies.append)
    await sender.replied(3)
    assert metrics.MESSAGES_STORED._value.get() == before + 1
