"""Clients without positions start afresh after a restore, even if that is interrupted."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import pytest

from backchannel.checker import journal
from backchannel.checker.journal import Seen
from torture.clients.auto_ack import AutoAckClient, Frame
from torture.clients.device import Context
from torture.clients.dialect import OutgoingMessage
from torture.clients.rest import Person, Rest
from torture.proxy import Wire
from torture.tally import Tally

ADA, BOB = Person("a", "ada", ""), Person("b", "bob", "")
TIMEOUT = 60.0


class History(Rest):
    """The messages of a server; the test controls what happens while they are fetched."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.held: list[Seen] = []
        self.during: list[Callable[[], None]] = []

    def hold(self, *ids: str) -> None:
        self.held = [Seen(id=each, sender="b", body=each, seq=n) for n, each in enumerate(ids, 1)]

    async def messages(
        self, person: Person, conversation: str, *, after: int = 0
    ) -> tuple[Seen, ...]:
        if self.during:
            self.during.pop(0)()
        return tuple(each for each in self.held if (each.seq or 0) > after)


class ScriptedDevice(AutoAckClient):
    """A device whose connections only the test breaks."""

    async def open(self) -> None:
        pass

    def take(self, frame: Frame) -> None:
        raise NotImplementedError

    async def transmit(self, outgoing: OutgoingMessage) -> None:
        raise NotImplementedError

    async def disconnect(self) -> None:
        pass

    def lose(self) -> None:
        self.is_open = False
        self.frames.put_nowait(None)

    async def until_open(self) -> None:
        async with asyncio.timeout(TIMEOUT):
            while not self.is_open:  # noqa: ASYNC110 - a flag does not tell
                await asyncio.sleep(0.005)


@pytest.fixture
async def device_with_history(tmp_path: Path) -> AsyncGenerator[tuple[ScriptedDevice, History]]:
    history = History()
    history.hold("old 1", "old 2")
    with journal.JournalWriter(tmp_path / "journal.jsonl") as written:
        device = ScriptedDevice("ada/1", ADA, Wire(1), Context(history, Tally(), written))
        device.peers = {BOB.id: BOB}
        running = asyncio.create_task(device.run())
        await device.until_open()
        yield device, history
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await history.close()


def noted(folder: Path) -> Sequence[str]:
    """The records of the journal: resumes, and the ids of delivered messages."""
    return [
        each.record.id if isinstance(each.record, journal.Deliver) else "resume"
        for each in journal.read(folder / "journal.jsonl")
    ]


def fail() -> None:
    raise TimeoutError


async def test_R5_it_starts_afresh_again_if_the_history_could_not_be_fetched(
    device_with_history: tuple[ScriptedDevice, History], tmp_path: Path
) -> None:
    device, history = device_with_history
    device.start_afresh()
    history.hold("old 1")
    history.during = [fail]
    device.lose()
    await device.until_open()
    assert noted(tmp_path) == ["resume", "resume"]


async def test_R5_a_history_fetched_after_a_restore_is_not_mixed_with_earlier_messages(
    device_with_history: tuple[ScriptedDevice, History], tmp_path: Path
) -> None:
    device, history = device_with_history

    def restored() -> None:
        history.hold("old 1", "new 2", "new 3")
        device.start_afresh()

    history.during = [restored]
    device.lose()
    await device.until_open()
    assert noted(tmp_path) == ["resume", "resume"]
    history.hold("old 1", "new 2", "new 3", "new 4")
    device.lose()
    await device.until_open()
    assert noted(tmp_path) == ["resume", "resume", "new 4"]
