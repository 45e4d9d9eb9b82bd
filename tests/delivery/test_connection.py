"""A connection pushes its user's log in order, each event once, whatever the bus does."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.chat.reading import Reading
from backchannel.delivery.catch_up import CatchUp
from backchannel.delivery.connection import OUTBOX_BYTES, WINDOW_EVENTS, Connection, State
from backchannel.delivery.voice import Sink
from backchannel.domain.events import Event, EventKind, Fact, LogHead
from backchannel.domain.events import ProfileChange as Change
from backchannel.domain.signals import Signal
from backchannel.ports.storage import LogPage
from backchannel.security.clock import SystemClock


class Outlet:
    """A sink that only counts what it was given."""

    def __init__(self) -> None:
        self.backlog = 0
        self.closed = False

    def send_text(self, payload: bytes) -> None:
        self.backlog += len(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = True


class Listing:
    """A voice that notes what it was asked to say."""

    def __init__(self, *, confirms: bool) -> None:
        self.confirms = confirms
        self.said: list[int] = []
        self.lags = 0
        self.resets: list[str] = []

    def event(self, sink: Sink, event: Event) -> bool:
        self.said.append(event.position)
        return True

    async def prepare(self, events: Sequence[Event]) -> None:
        await asyncio.sleep(0)

    def missed(self, sink: Sink, events: Sequence[Event], position: int, *, more: bool) -> None:
        self.said += [each.position for each in events]

    def signal(self, sink: Sink, signal: Signal) -> None: ...

    def heartbeat(self, sink: Sink, position: int) -> None: ...

    def lagging(self, sink: Sink, position: int) -> None:
        self.lags += 1

    def reset(self, sink: Sink, head: LogHead, reason: str) -> None:
        self.resets.append(reason)

    def expired(self, sink: Sink) -> None: ...

    def ended(self, sink: Sink) -> None: ...


class Log:
    """A user's log that grows, read in pages; only `log` of the storage port is used."""

    def __init__(self, *, floor: int = 0, page: int = 3) -> None:
        self.position = 0
        self.floor = floor
        self._page = page

    def grow(self, count: int = 1) -> list[Event]:
        first = self.position + 1
        self.position += count
        return [event(each) for each in range(first, self.position + 1)]

    async def log(self, user_id: str, *, after: int, limit: int) -> LogPage:
        start = max(after, self.floor) + 1
        end = min(self.position, start + self._page - 1)
        page = tuple(event(each) for each in range(start, end + 1))
        head = LogHead(self.position, "e", self.floor)
        await asyncio.sleep(0)
        return LogPage(page, head)


def event(position: int) -> Event:
    return Event("ada", position, Fact(EventKind.PROFILE, Change("ada")))


class Scene:
    """A connection, the log it follows, and what it said."""

    def __init__(self, *, confirms: bool = True, cursor: int = 0, floor: int = 0) -> None:
        self.log = Log(floor=floor)
        self.voice = Listing(confirms=confirms)
        self.sink = Outlet()
        reading = Reading(SystemClock(), rate=1 << 20)
        self.catch_up = CatchUp(self.log, reading)  # type: ignore[arg-type]  # one method of it
        self.connection = Connection(
            "ada",
            "login",
            0,
            sink=self.sink,
            voice=self.voice,
            cursor=cursor,
            behind=self.catch_up.start,
        )

    async def settle(self) -> None:
        for _ in range(200):
            await asyncio.sleep(0)


async def test_it_starts_by_reading_what_was_missed_and_then_is_live() -> None:
    scene = Scene(cursor=2)
    scene.log.grow(9)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    for each in scene.log.grow(2):
        scene.connection.offer(each)
    assert scene.connection.state is State.LIVE
    assert scene.voice.said == list(range(3, 12))


async def test_R5_a_gap_is_read_from_the_log() -> None:
    scene = Scene()
    scene.catch_up.start(scene.connection)
    await scene.settle()
    *_, last = scene.log.grow(5)
    scene.connection.offer(last)
    await scene.settle()
    assert scene.voice.said == [1, 2, 3, 4, 5]


async def test_R15_a_heartbeat_that_shows_a_gap_mends_it() -> None:
    scene = Scene()
    scene.catch_up.start(scene.connection)
    await scene.settle()
    scene.log.grow(4)
    scene.connection.noticed(4)
    await scene.settle()
    assert scene.voice.said == [1, 2, 3, 4]


async def test_R13_a_device_that_confirms_nothing_is_told_once_and_then_pulls() -> None:
    scene = Scene(confirms=True)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    for each in scene.log.grow(WINDOW_EVENTS + 10):
        scene.connection.offer(each)
    assert scene.connection.state is State.LAGGING
    assert (len(scene.voice.said), scene.voice.lags) == (WINDOW_EVENTS, 1)
    scene.connection.pull(WINDOW_EVENTS)
    for _ in range(5):
        await scene.settle()
    assert scene.voice.said == list(range(1, WINDOW_EVENTS + 11))


async def test_R13_a_full_outbox_waits_for_the_kernel_where_nothing_is_confirmed() -> None:
    scene = Scene(confirms=False)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    scene.sink.backlog = OUTBOX_BYTES + 1
    for each in scene.log.grow(3):
        scene.connection.offer(each)
    assert scene.connection.state is State.WAITING
    scene.sink.backlog = 0
    scene.connection.flushed()
    await scene.settle()
    assert scene.voice.said == [1, 2, 3]


async def test_a_position_before_the_floor_is_reset() -> None:
    scene = Scene(cursor=1, floor=5)
    scene.log.grow(8)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    assert (scene.voice.resets, scene.connection.cursor) == (["too_old"], 8)


async def test_an_acknowledgement_past_what_was_sent_counts_as_what_was_sent() -> None:
    scene = Scene(cursor=3)
    assert scene.connection.acknowledge(99) == 3


steps = st.lists(
    st.tuples(st.sampled_from(["grow", "lose", "double", "shuffle", "settle"]), st.integers(1, 6)),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(steps)
def test_R17_lost_doubled_and_reordered_wake_ups_are_harmless(
    script: list[tuple[str, int]],
) -> None:
    asyncio.run(_play(script))


async def _play(script: list[tuple[str, int]]) -> None:
    scene = Scene()
    scene.catch_up.start(scene.connection)
    for step, count in script:
        grown = [] if step == "settle" else scene.log.grow(count)
        offers = {
            "grow": grown,
            "lose": grown[1:],
            "double": [*grown, *grown],
            "shuffle": grown[::-1],
            "settle": [],
        }[step]
        for each in offers:
            scene.connection.offer(each)
        await asyncio.sleep(0)
    scene.connection.noticed(scene.log.position)
    for _ in range(5):
        await scene.settle()
        scene.connection.noticed(scene.log.position)
    assert scene.voice.said == list(range(1, scene.log.position + 1))
