"""The limits of connections: sizes, deadlines and numbers, and the phases in which they hold."""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Sequence
from enum import Enum, auto
from http import HTTPStatus
from math import inf
from typing import Protocol

import msgspec

from backchannel.budgets.rates import network
from backchannel.transports.deadlines import AT_ONCE, RunningTime

PIECE = 1 << 10
"""Bytes of heads that are parsed at once: some ten requests, where a client sends many together."""
SMALL = 1 << 8
"""Parts of a body with fewer bytes than this cost work by their number, not their size."""
TURN = 256
"""Small parts of bodies that are read before other connections come first."""


class HttpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of every HTTP connection. Sizes are bytes, times are seconds."""

    head_size: int = 32 << 10
    """Request line and fields (431 above it)."""
    target_size: int = 8 << 10
    """Path and query (414 above it): as much as RFC 9110, section 4.1, asks for."""
    fields: int = 256
    """Fields of a head (431 above it); browsers behind several proxies send some 50."""
    body_size: int = 64 << 20
    """Any request's body, whatever its route; routes may allow less (413 above it)."""
    head_timeout: float = 10.0
    """The time from accept, or from a further request's first byte, to the end of its head."""
    body_timeout: float = 10.0
    """The time from there to the end of the body; longer for large ones, by `body_rate`."""
    body_rate: int = 1024
    """Bytes per second that a body must keep up with once `body_timeout` is over."""
    write_timeout: float = 10.0
    """The time for which a client may leave a full write buffer unread."""
    read_rate: int = 64 << 20
    """The sustained rate of reading, in bytes a second, for small parts of bodies from one
    address; each part counts as 64 bytes."""
    connections: int = 10_000
    """Connections of the process that speak HTTP (503 above it)."""
    connections_per_address: int = 256
    """The same of one client address."""


class Refusal(Exception):
    """The request is not served; `status` answers it, and `text`, or else the status in words."""

    def __init__(self, status: HTTPStatus, text: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.text = text


class Phase(Enum):
    HEAD = auto()
    """A request's head is expected."""
    BODY = auto()
    ANSWER = auto()
    """The application works or answers; the client owes nothing."""
    IDLE = auto()
    """Between requests: uvicorn's keep-alive timeout closes the connection."""
    REFUSED = auto()
    """Answered with an error, which the client may only read."""


class Guard:
    """The progress of a single connection, without any I/O. Times are those of `RunningTime`."""

    __slots__ = (
        "_announced",
        "_body",
        "_fields",
        "_limits",
        "_parts",
        "_raw",
        "_since",
        "_size",
        "deadline",
        "phase",
    )

    def __init__(self, limits: HttpLimits, now: float) -> None:
        self._limits = limits
        self._since = now
        self._announced = self._body = self._parts = 0
        self.begin_head(now)

    def begin_head(self, now: float) -> None:
        self._fields = self._size = self._raw = 0
        self._enter(Phase.HEAD, now, self._limits.head_timeout)

    def count_target(self, size: int) -> None:
        """Count a parsed part of the target; raises Refusal (414)."""
        self._size += size
        if self._size > self._limits.target_size:
            text = f"the path and query may have at most {self._limits.target_size:,} bytes"
            raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, text)
        self._check_head(self._size)

    def count_field(self, size: int) -> None:
        """Count a parsed field of the head, or of the trailer; raises Refusal (431)."""
        self._fields += 1
        self._size += size
        self._check_head(self._size)
        if self._fields > self._limits.fields:
            text = f"a request may have at most {self._limits.fields} header fields"
            raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)

    def count_raw(self, size: int) -> None:
        """Count bytes that did not end the head: a field may have no end; raises Refusal (431)."""
        self._raw += size
        self._check_head(self._raw)

    def _check_head(self, size: int) -> None:
        if size > self._limits.head_size:
            text = f"a request line and fields may have at most {self._limits.head_size:,} bytes"
            raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)

    @property
    def unfinished(self) -> int:
        """Bytes of a head whose end has not come."""
        return max(self._raw, self._size) if self.phase is Phase.HEAD else 0

    def begin_body(self, now: float, announced: int) -> None:
        """Begin a body, of `announced` bytes if known, else 0; raises Refusal (413)."""
        self._announced, self._body = announced, 0
        self._enter(Phase.BODY, now, self._limits.body_timeout)
        self._check_body(announced)

    def count_body(self, size: int) -> None:
        """Count bytes of the body, which put its deadline off; raises Refusal (413)."""
        self._body += size
        self._parts += size < SMALL
        self._check_body(self._body)
        earned = self._body / self._limits.body_rate
        self.deadline = self._since + self._limits.body_timeout + earned

    def begin_turn(self) -> int:
        """Let the connection read further small parts of bodies; returns the number read so far."""
        parts, self._parts = self._parts, 0
        return parts

    @property
    def turn_is_over(self) -> bool:
        return self._parts >= TURN

    @property
    def piece(self) -> int:
        """Most bytes to parse at once: the rest of an announced body, or else a few heads."""
        remaining = self._announced - self._body if self.phase is Phase.BODY else 0
        return max(remaining, PIECE)

    def _check_body(self, size: int) -> None:
        if size > self._limits.body_size:
            text = f"a body may have at most {self._limits.body_size:,} bytes"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)

    def await_answer(self) -> None:
        self.phase = Phase.ANSWER
        self.deadline = inf

    def idle(self, now: float, keep_alive: float) -> None:
        # the unread part of the answer keeps the connection from closing
        self._enter(Phase.IDLE, now, max(keep_alive, self._limits.write_timeout))

    def refuse(self, now: float, timeout: float) -> None:
        self._enter(Phase.REFUSED, now, timeout)

    def extend(self, now: float) -> None:
        """Start the phase's time again: the application kept the client waiting."""
        self.deadline += now - self._since
        self._since = now

    def _enter(self, phase: Phase, now: float, timeout: float) -> None:
        self.phase = phase
        self._since = now
        self.deadline = now + timeout


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Caps:
    """Counts connections as they come and go.

    Addresses in `exempt` (reverse proxies) count for the process only. An IPv6 client is its
    /64, the least that a customer is given.
    """

    __slots__ = ("_by_address", "_exempt", "_per_address", "_total", "total")

    def __init__(self, total: int, per_address: int, exempt: Sequence[Network] = ()) -> None:
        self.total = 0
        self._total = total
        self._per_address = per_address
        self._exempt = exempt
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more connection of `address`, unless that is one too many."""
        if self.total >= self._total:
            return False
        key = network(address)
        if self._by_address[key] >= self._per_address and not contains(self._exempt, address):
            return False
        self.total += 1
        self._by_address[key] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one connection less; only for one that was let in."""
        key = network(address)
        self.total -= 1
        self._by_address[key] -= 1
        if not self._by_address[key]:
            del self._by_address[key]


def contains(networks: Sequence[Network], address: str) -> bool:
    """True if `address` belongs to one of `networks`.

    An empty one does: it is the peer of a Unix socket, which only a proxy on this machine has.
    """
    if not address:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    return any(parsed in network for network in networks)


TICK = 0.25
"""Seconds by which a deadline may be overrun."""

_LOOKS = 1_000
"""Connections that are looked at in a row: half a millisecond of work."""


class Timed(Protocol):
    """A connection with a deadline in `RunningTime`; infinity means none."""

    @property
    def deadline(self) -> float: ...

    def overdue(self, now: float) -> None:
        """Called when the deadline has passed, again each sweep until it is moved."""
        ...


class DeadlineSweep:
    """The connections of a process that have deadlines, looked at every `TICK`."""

    __slots__ = ("_clock", "_timer", "_watched")

    def __init__(self, clock: RunningTime) -> None:
        self._clock = clock
        self._watched: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connection: Timed) -> None:
        self._watched.add(connection)
        if self._timer is None:
            self._arm()

    def forget(self, connection: Timed) -> None:
        self._watched.discard(connection)

    def _arm(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + TICK, self._sweep)

    def _sweep(self) -> None:
        self._look_at([*self._watched])

    def _look_at(self, remaining: list[Timed]) -> None:
        """Look at some of the connections, and at the others in a later step."""
        now, overdue = self._clock.now(), 0
        for _ in range(min(_LOOKS, len(remaining))):
            connection = remaining.pop()
            if connection.deadline <= now and connection in self._watched:
                connection.overdue(now)
                overdue += 1
            if overdue == AT_ONCE:
                break
        if remaining:
            asyncio.get_running_loop().call_soon(self._look_at, remaining)
        elif self._watched:
            self._arm()
        else:
            self._timer = None
