"""What a device writes into its journal, whatever becomes of its messages."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from backchannel.checker import journal
from torture.clients.device import World
from torture.clients.dialect import DialectDevice, Letter, Lost
from torture.clients.rest import Person, Rest
from torture.proxy import Wire
from torture.tally import Tally

ADA, BOB = Person("a", "ada", ""), Person("b", "bob", "")
PATIENCE = 20.0


class Puppet(DialectDevice):
    """Its connections are opened and broken by the test."""

    broken: asyncio.Event
    posted: Sequence[str] = ()

    async def connect(self) -> None:
        self.broken = asyncio.Event()

    async def listen(self) -> None:
        await self.broken.wait()
        raise Lost

    async def transmit(self, letter: Letter) -> None:
        self.posted = [*self.posted, letter.client_id]

    async def disconnect(self) -> None:
        self.posted = ()

    async def catch_up(self) -> int | None:
        return None

    async def until_posted(self, *keys: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.posted != [*keys]:  # noqa: ASYNC110 - a list is mute
                await asyncio.sleep(0.005)

    def lose(self) -> None:
        self.posted = ()
        self.broken.set()


@pytest.fixture
async def puppet(tmp_path: Path) -> AsyncGenerator[Puppet]:
    rest = Rest("http://127.0.0.1:1")
    with journal.JournalWriter(tmp_path / "journal.jsonl") as written:
        device = Puppet("ada/1", ADA, Wire(1), World(rest, Tally(), written))
        living = asyncio.create_task(device.live())
        yield device
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
    await rest.close()


def noted(folder: Path) -> list[str]:
    entries = journal.read(folder / "journal.jsonl")
    return [type(entry.record).__name__.lower() for entry in entries]


async def test_R4_what_has_no_answer_is_sent_again_in_its_order(
    puppet: Puppet, tmp_path: Path
) -> None:
    puppet.say(BOB, ["", ""])
    await puppet.until_posted("ada/1#1", "ada/1#2")
    puppet.lose()
    await puppet.until_posted("ada/1#1", "ada/1#2")
    puppet.answered("ada/1#1", "m1", 1)
    puppet.answered("ada/1#2", "m2", 2)
    async with asyncio.timeout(PATIENCE):
        await puppet.settled()
    sends = ["invoke", "invoke"]
    assert noted(tmp_path) == [*sends, "unknown", "unknown", *sends, "ok", "ok"]
    assert (puppet.world.tally.sent, puppet.world.tally.acknowledged) == (2, 2)


async def test_a_refusal_is_a_failure(puppet: Puppet, tmp_path: Path) -> None:
    puppet.say(BOB, [""])
    await puppet.until_posted("ada/1#1")
    puppet.refused("ada/1#1", "unavailable")
    assert noted(tmp_path) == ["invoke", "fail"]


async def test_a_refusal_after_a_lost_answer_says_nothing_of_the_first_attempt(
    puppet: Puppet, tmp_path: Path
) -> None:
    puppet.say(BOB, [""])
    await puppet.until_posted("ada/1#1")
    puppet.lose()
    await puppet.until_posted("ada/1#1")
    puppet.refused("ada/1#1", "unavailable")
    assert noted(tmp_path) == ["invoke", "unknown", "invoke", "unknown"]


async def test_a_late_answer_counts_once(puppet: Puppet, tmp_path: Path) -> None:
    puppet.say(BOB, [""])
    await puppet.until_posted("ada/1#1")
    assert puppet.answered("ada/1#1", "m1", 1) is not None
    assert puppet.answered("ada/1#1", "m1", 1) is None
    puppet.refused("ada/1#1", "unavailable")
    assert noted(tmp_path) == ["invoke", "ok"]
