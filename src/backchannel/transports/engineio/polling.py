"""HTTP long-polling as a session's transport ("HTTP long-polling")."""

import asyncio
from collections.abc import Callable

from backchannel.transports.engineio.packets import CLOSE, NOOP, Packet, encode_payload, size

MOST_PACKETS = 16
"""Packets in one answer: python-engineio's client disconnects at more, after each reconnect."""


class Polling:
    """Packets wait here for the client's next GET.

    The response to a GET counts as delivered when the next GET comes: a client polls
    again only after it has read the answer.
    """

    __slots__ = (
        "_closing",
        "_delivering",
        "_limit",
        "_packets",
        "_queued",
        "_readable",
        "_wake",
        "posting",
        "waiting",
    )

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._packets: list[Packet] = []
        self._queued = 0
        self._delivering = 0
        self._closing = False
        self._wake: Callable[[], None] | None = None
        self.waiting = False
        """True if a GET has not been answered yet: a client may send only one at a time."""
        self._readable = asyncio.Event()
        self._readable.set()
        self.posting = False
        """True while a POST is being read or its packets are being taken: one at a time, too."""

    @property
    def backlog(self) -> int:
        return self._queued + self._delivering

    def send(self, packet: Packet) -> bool:
        """Queue `packet`; returns False when more is queued than the limit allows."""
        self._packets.append(packet)
        self._queued += size(packet)
        self.release()
        return self._queued <= self._limit

    def identify(self, user_id: str) -> None:
        """Do nothing: a POST takes the user from its session."""

    def pause_reading(self) -> None:
        self._readable.clear()

    def resume_reading(self) -> None:
        self._readable.set()

    async def readable(self) -> None:
        """Wait until the next packet may be handed on."""
        await self._readable.wait()

    def close(self, code: int, reason: str) -> None:
        """Answer a GET with a close packet, which has no place for a code or a reason.

        It comes in a separate answer: clients handle it before the messages in front of it.
        """
        del code, reason
        self._closing = True
        self._readable.set()
        self.release()

    def poll(self, wake: Callable[[], None]) -> bool:
        """Begin a GET; `wake` is called, at once or later, when it is time to `take`.

        Returns True if this confirms the last of the packets sent before.
        """
        delivered, self._delivering = self._delivering, 0
        self._wake = wake
        self.waiting = True
        if self._packets or self._closing:
            self.release()
        return delivered > 0 and not self._packets

    def release(self) -> None:
        """End the waiting GET, if there is one."""
        wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def take(self) -> bytes:
        """Return the answer to a GET: the queued packets, or else a close or a noop packet."""
        self._wake = None
        self.waiting = False
        packets = self._packets[:MOST_PACKETS]
        if not packets:
            return CLOSE if self._closing else NOOP
        del self._packets[:MOST_PACKETS]
        self._delivering = sum(map(size, packets))
        self._queued -= self._delivering
        return encode_payload(packets)

    def drain(self) -> list[Packet]:
        """Return the queued packets, for the transport that takes over."""
        packets, self._packets = self._packets, []
        self._queued = 0
        return packets
