"""A connection pushes its user's log in order, each event once, whatever the bus does."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from backchannel.chat.budgets import ReadLimits
from backchannel.delivery.catch_up import CatchUp
from backchannel.delivery.connection import (
    EARLY_EVENTS,
    GAP_TIMEOUT,
    OUTBOX_BYTES,
    WINDOW_EVENTS,
    Connection,
    State,
)
from backchannel.delivery.serializer import CloseReason
from backchannel.domain.events import Event, EventKind, EventPayload, LogHead
from backchannel.domain.events import ProfileChange as Change
from backchannel.domain.signals import Signal
from backchannel.ports.storage import LogPage
from backchannel.security.clock import SystemClock


class Outlet:
    """A socket that only counts the bytes it is given."""

    def __init__(self) -> None:
        self.backlog = 0
        self.closed = False

    def send_text(self, payload: bytes) -> None:
        self.backlog += len(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = True


class Listing:
    """A serializer that records what it was asked to encode."""

    expired = logged_out = CloseReason(1000, "")

    def __init__(self, *, acknowledges: bool) -> None:
        self.acknowledges = acknowledges
        self.sent: list[int] = []
        self.lags = 0
        self.resets: list[str] = []

    def event(self, event: Event) -> Sequence[bytes]:
        self.sent.append(event.position)
        return ()

    async def prepare(self, events: Sequence[Event]) -> None:
        await asyncio.sleep(0)

    def page(self, events: Sequence[Event], position: int, *, more: bool) -> Sequence[bytes]:
        self.sent += [each.position for each in events]
        return ()

    def signal(self, signal: Signal) -> None: ...

    def heartbeat(self, position: int) -> None: ...

    def lagging(self, position: int) -> bytes:
        self.lags += 1
        return b""

    def reset(self, head: LogHead, reason: str) -> bytes:
        self.resets.append(reason)
        return b""


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
    return Event("ada", position, EventPayload(EventKind.PROFILE, Change("ada")))


class Scene:
    """A connection, the log that it follows, and records of what it sends."""

    def __init__(self, *, acknowledges: bool = True, position: int = 0, floor: int = 0) -> None:
        self.log = Log(floor=floor)
        self.serializer = Listing(acknowledges=acknowledges)
        self.socket = Outlet()
        read_limits = ReadLimits(SystemClock(), rate=1 << 20)
        self.catch_up = CatchUp(self.log, read_limits)  # type: ignore[arg-type]  # one method of it
        self.connection = Connection(
            "ada",
            "login",
            0,
            socket=self.socket,
            serializer=self.serializer,
            position=position,
            on_behind=self.catch_up.start,
        )

    async def settle(self) -> None:
        for _ in range(200):
            await asyncio.sleep(0)


async def test_a_connection_reads_missed_events_first_and_is_live_then() -> None:
    scene = Scene(position=2)
    scene.log.grow(9)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    for each in scene.log.grow(2):
        scene.connection.offer(each)
    assert scene.connection.state is State.LIVE
    assert scene.serializer.sent == list(range(3, 12))


async def test_R5_a_gap_is_read_from_the_log() -> None:
    scene = Scene()
    scene.catch_up.start(scene.connection)
    await scene.settle()
    *_, last = scene.log.grow(5)
    scene.connection.offer(last)
    await asyncio.sleep(2 * GAP_TIMEOUT)
    await scene.settle()
    assert scene.serializer.sent == [1, 2, 3, 4, 5]


async def test_R17_events_in_the_wrong_order_are_pushed_without_a_look_at_the_log() -> None:
    scene = Scene()
    scene.catch_up.start(scene.connection)
    await scene.settle()
    first, second, third = scene.log.grow(3)
    for each in (third, second, first):
        assert scene.serializer.sent == []
        scene.connection.offer(each)
    assert scene.serializer.sent == [1, 2, 3]
    assert scene.connection.state is State.LIVE


async def test_R13_early_events_are_kept_in_a_bounded_number_and_then_read() -> None:
    scene = Scene()
    scene.catch_up.start(scene.connection)
    await scene.settle()
    for each in scene.log.grow(3 * EARLY_EVENTS)[1:]:
        scene.connection.offer(each)
    assert scene.connection.early is not None
    assert len(scene.connection.early) == EARLY_EVENTS
    await asyncio.sleep(2 * GAP_TIMEOUT)
    await scene.settle()
    assert scene.serializer.sent == list(range(1, 3 * EARLY_EVENTS + 1))


async def test_R15_a_heartbeat_that_reveals_a_gap_triggers_catch_up() -> None:
    scene = Scene()
    scene.catch_up.start(scene.connection)
    await scene.settle()
    scene.log.grow(4)
    scene.connection.note_head(4)
    await scene.settle()
    assert scene.serializer.sent == [1, 2, 3, 4]


async def test_R13_a_device_that_acknowledges_nothing_gets_one_lagging_signal_and_then_pulls() -> (
    None
):
    scene = Scene(acknowledges=True)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    for each in scene.log.grow(WINDOW_EVENTS + 10):
        scene.connection.offer(each)
    assert scene.connection.state is State.LAGGING
    assert (len(scene.serializer.sent), scene.serializer.lags) == (WINDOW_EVENTS, 1)
    scene.connection.pull(WINDOW_EVENTS)
    for _ in range(5):
        await scene.settle()
    assert scene.serializer.sent == list(range(1, WINDOW_EVENTS + 11))


async def test_R13_a_full_outbox_waits_for_the_kernel_where_nothing_is_confirmed() -> None:
    scene = Scene(acknowledges=False)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    scene.socket.backlog = OUTBOX_BYTES + 1
    for each in scene.log.grow(3):
        scene.connection.offer(each)
    assert scene.connection.state is State.WAITING
    scene.socket.backlog = 0
    scene.connection.flushed()
    await scene.settle()
    assert scene.serializer.sent == [1, 2, 3]


async def test_a_position_before_the_floor_is_reset() -> None:
    scene = Scene(position=1, floor=5)
    scene.log.grow(8)
    scene.catch_up.start(scene.connection)
    await scene.settle()
    assert (scene.serializer.resets, scene.connection.position) == (["too_old"], 8)


async def test_an_acknowledgement_past_what_was_sent_counts_as_what_was_sent() -> None:
    scene = Scene(position=3)
    assert scene.connection.acknowledge(99) == 3


steps = st.lists(
    st.tuples(st.sampled_from(["grow", "lose", "double", "shuffle", "settle"]), st.integers(1, 6)),
    max_size=40,
)


@given(steps)
def test_R17_lost_duplicated_and_reordered_wake_ups_are_harmless(
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
    scene.connection.note_head(scene.log.position)
    for _ in range(5):
        await scene.settle()
        scene.connection.note_head(scene.log.position)
    assert scene.serializer.sent == list(range(1, scene.log.position + 1))
