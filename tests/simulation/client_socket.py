"""A client's WebSocket: it connects, notices a dead connection, and reconnects."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

import msgspec

from backchannel.dialects.native.socket import PATH
from tests.simulation import frames
from tests.simulation.network import Link, Receiver
from tests.simulation.timers import Timers

Frame = dict[str, Any]
Dial = Callable[[Receiver, bytes], Link]

WATCH = 5.0
_decode = msgspec.json.Decoder(Frame).decode
_encode = msgspec.json.Encoder().encode


class Owner(Protocol):
    """The user of the socket."""

    def opened(self) -> None: ...

    def taken(self, frame: Frame) -> None: ...

    def lost(self) -> None: ...

    def has_waited_too_long(self) -> bool: ...


class ClientSocket:
    """Stays connected as far as possible, from `connect` on."""

    def __init__(
        self,
        owner: Owner,
        dial: Dial,
        rng: Random,
        *,
        token: str | None,
        returns_within: float,
        timeout: float,
    ) -> None:
        """A `token` goes into the upgrade's header; the other two are in seconds.

        After `timeout` without a byte the connection counts as dead.
        """
        self._owner = owner
        self._dial = dial
        self._rng = rng
        self._token = token
        self._returns_within = returns_within
        self._timeout = timeout
        self._timers = Timers()
        self._heard_at = 0.0
        self._open = False
        self._reader = frames.Reader()
        self.link: Link | None = None

    def connect(self) -> None:
        self._open = False
        self._reader = frames.Reader()
        self._heard_at = self._timers.now
        self.link = self._dial(self, frames.upgrade(PATH, self._token))
        self._timers.set("watch", WATCH, self._watch)

    def send(self, frame: Frame) -> None:
        if self.link is not None:
            self.link.send(frames.masked(frames.TEXT, _encode(frame)))

    def drop(self, *, notice: float = 0.0) -> None:
        """Disappear silently; the server notices after this many seconds."""
        if self.link is not None:
            self.link.hang_up(notice=notice)
            self.connection_lost()

    def connection_lost(self) -> None:
        self.link = None
        self._timers.cancel_all()
        self._timers.set("connect", self._returns_within * self._rng.random(), self.connect)
        self._owner.lost()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._timers.now
        link = self.link
        for opcode, payload in self._reader.feed(data):
            self._upgraded()
            if opcode == frames.TEXT:
                self._owner.taken(_decode(payload))
            elif opcode == frames.CLOSE and link is not None:
                link.send(frames.masked(frames.CLOSE, payload))
            if self.link is not link:
                return
        self._upgraded()

    def _upgraded(self) -> None:
        if not self._open and self._reader.status == 101:
            self._open = True
            self._owner.opened()

    def _watch(self) -> None:
        if self._timers.now - self._heard_at > self._timeout or self._owner.has_waited_too_long():
            self.drop()
        else:
            self._timers.set("watch", WATCH, self._watch)
