"""A device's journal is complete, whatever happens to its messages."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from backchannel.checker import journal
from torture.clients.device import Context
from torture.clients.dialect import DialectDevice, Lost, OutgoingMessage, is_in_doubt
from torture.clients.rest import Person, Rest
from torture.proxy import Wire
from torture.tally import Tally

ADA, BOB = Person("a", "ada", ""), Person("b", "bob", "")
TIMEOUT = 60.0


class ScriptedDevice(DialectDevice):
    """A device whose connections the test opens and breaks."""

    broken: asyncio.Event
    posted: Sequence[str] = ()

    async def connect(self) -> None:
        self.broken = asyncio.Event()

    async def listen(self) -> None:
        await self.broken.wait()
        raise Lost

    async def transmit(self, outgoing: OutgoingMessage) -> None:
        self.posted = [*self.posted, outgoing.client_id]

    async def disconnect(self) -> None:
        self.posted = ()

    async def catch_up(self) -> int | None:
        return None

    async def until_posted(self, *keys: str) -> None:
        async with asyncio.timeout(TIMEOUT):
            while self.posted != [*keys]:  # noqa: ASYNC110 - a list is mute
                await asyncio.sleep(0.005)

    def lose(self) -> None:
        self.posted = ()
        self.broken.set()


@pytest.fixture
async def device(tmp_path: Path) -> AsyncGenerator[ScriptedDevice]:
    rest = Rest("http://127.0.0.1:1")
    with journal.JournalWriter(tmp_path / "journal.jsonl") as written:
        device = ScriptedDevice("ada/1", ADA, Wire(1), Context(rest, Tally(), written))
        running = asyncio.create_task(device.run())
        yield device
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await rest.close()


def noted(folder: Path) -> list[str]:
    entries = journal.read(folder / "journal.jsonl")
    return [type(entry.record).__name__.lower() for entry in entries]


async def test_R4_unanswered_messages_are_sent_again_in_order(
    device: ScriptedDevice, tmp_path: Path
) -> None:
    device.send(BOB, ["", ""])
    await device.until_posted("ada/1#1", "ada/1#2")
    device.lose()
    await device.until_posted("ada/1#1", "ada/1#2")
    device.answered("ada/1#1", "m1", 1)
    device.answered("ada/1#2", "m2", 2)
    async with asyncio.timeout(TIMEOUT):
        await device.settled()
    sends = ["invoke", "invoke"]
    assert noted(tmp_path) == [*sends, "unknown", "unknown", *sends, "ok", "ok"]
    assert (device.context.tally.sent, device.context.tally.acknowledged) == (2, 2)


async def test_a_refused_message_is_recorded_as_fail(
    device: ScriptedDevice, tmp_path: Path
) -> None:
    device.send(BOB, [""])
    await device.until_posted("ada/1#1")
    device.refused("ada/1#1", "unavailable")
    assert noted(tmp_path) == ["invoke", "fail"]


async def test_a_refusal_in_doubt_leaves_the_outcome_unknown(
    device: ScriptedDevice, tmp_path: Path
) -> None:
    device.send(BOB, [""])
    await device.until_posted("ada/1#1")
    refusal = {"error": "the database failed in mid-commit; this may have been stored; try again"}
    device.refused("ada/1#1", "unavailable", in_doubt=is_in_doubt(refusal))
    assert noted(tmp_path) == ["invoke", "unknown"]


async def test_a_refusal_after_a_lost_answer_leaves_the_first_attempt_unknown(
    device: ScriptedDevice, tmp_path: Path
) -> None:
    device.send(BOB, [""])
    await device.until_posted("ada/1#1")
    device.lose()
    await device.until_posted("ada/1#1")
    device.refused("ada/1#1", "unavailable")
    assert noted(tmp_path) == ["invoke", "unknown", "invoke", "unknown"]


async def test_a_late_answer_counts_once(device: ScriptedDevice, tmp_path: Path) -> None:
    device.send(BOB, [""])
    await device.until_posted("ada/1#1")
    assert device.answered("ada/1#1", "m1", 1) is not None
    assert device.answered("ada/1#1", "m1", 1) is None
    device.refused("ada/1#1", "unavailable")
    assert noted(tmp_path) == ["invoke", "ok"]
