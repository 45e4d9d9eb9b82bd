"""Requests of sessions that another node holds: any node may get any poll.

The id of a session names its node. A request that reaches another one is passed on, and its answer
comes back the same way. A message lost on the way ends the session; its client reconnects.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import msgspec

from backchannel.transports.engineio.requests import (
    UNKNOWN_SID,
    ClientGone,
    Message,
    Receive,
    Rejected,
    Response,
    disconnected_before,
)

SEPARATOR = "."
LAST_ANSWERS = 2.0
"""Seconds in which other nodes may still answer once this one is about to end."""


class Bus(Protocol):
    """The part of a bus that passes packets between nodes."""

    @property
    def node_id(self) -> str: ...

    def send(self, node_id: str, packet: bytes) -> None: ...

    def listen_packets(self, listener: Callable[[bytes, str], None]) -> None: ...

    def listen_losses(self, listener: Callable[[str | None], None]) -> None: ...


class Nodes(Protocol):
    """The part of the other nodes' presence that matters here."""

    def knows(self, node_id: str) -> bool: ...

    def listen_gone(self, listener: Callable[[str], None]) -> None: ...


class Forwarded(msgspec.Struct, frozen=True, tag="request", array_like=True):
    """A request of a session that the receiver holds."""

    number: int
    method: str
    query: str
    content_type: str
    body: bytes


class _Answered(msgspec.Struct, frozen=True, tag="answer", array_like=True):
    number: int
    status: int
    content_type: str
    body: bytes


class _Disconnected(msgspec.Struct, frozen=True, tag="disconnected", array_like=True):
    number: int


@dataclass(slots=True, eq=False)
class _Waiting:
    """A request that was passed on; `ended` without an answer if none can be expected."""

    node_id: str
    is_poll: bool
    ended: asyncio.Future[None]
    answer: Response | None = None

    def end(self, answer: Response | None = None) -> None:
        if not self.ended.done():
            self.answer = answer
            self.ended.set_result(None)


class Serve(Protocol):
    async def __call__(self, request: Forwarded, receive: Receive) -> Response:
        """The answer of this node to a request. Raises `ClientGone`."""
        ...


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Forwarded | _Answered | _Disconnected).decode


class Relay:
    """Passes requests on to the nodes that hold their sessions, and answers those of others."""

    def __init__(self, bus: Bus, nodes: Nodes, *, timeout: float) -> None:
        """`timeout` is for an answer, in seconds."""
        self._bus = bus
        self._nodes = nodes
        self._timeout = timeout
        self._numbers = count()
        self._waiting: dict[int, _Waiting] = {}
        self._draining = False
        self._clients: dict[tuple[str, int], asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._serve: Serve | None = None
        bus.listen_packets(self._take)
        bus.listen_losses(self._end_all)
        nodes.listen_gone(self._forget_node)

    def session_id(self, token: str) -> str:
        """The id of a session of this node, with a random `token`."""
        return f"{self._bus.node_id}{SEPARATOR}{token}"

    def node_of(self, sid: str) -> str | None:
        """The other node that holds a session; None for one of this node or of none."""
        node_id, separator, _ = sid.partition(SEPARATOR)
        return node_id if separator and self._nodes.knows(node_id) else None

    def serve(self, serve: Serve) -> None:
        """Answer the requests that others pass on with `serve`."""
        self._serve = serve

    async def forward(
        self,
        node_id: str,
        receive: Receive,
        *,
        method: str,
        query: str,
        content_type: str,
        body: bytes,
    ) -> Response:
        """The answer of another node. Raises `Rejected` without one, and `ClientGone`."""
        is_poll = method == "GET"
        if is_poll and self._draining:
            raise Rejected(UNKNOWN_SID)
        number = next(self._numbers)
        ended = asyncio.get_running_loop().create_future()
        waiting = self._waiting[number] = _Waiting(node_id, is_poll, ended)
        self._bus.send(node_id, _encode(Forwarded(number, method, query, content_type, body)))
        try:
            gone = await disconnected_before(ended, receive, self._timeout)
        finally:
            del self._waiting[number]
        if waiting.answer is not None and not gone:
            return waiting.answer
        # Where the other node is there, it can end the session at once.
        self._bus.send(node_id, _encode(_Disconnected(number)))
        if gone:
            raise ClientGone
        raise Rejected(UNKNOWN_SID)

    def drain(self) -> None:
        """End the requests that wait for other nodes, polls at once: the process ends (R12)."""
        self._draining = True
        self._timeout = min(self._timeout, LAST_ANSWERS)
        for each in self._waiting.values():
            if each.is_poll:
                each.end()
        asyncio.get_running_loop().call_later(LAST_ANSWERS, self._end_all)

    def _end_all(self, user_id: str | None = None) -> None:
        """End all requests: after an outage of the bus, they or their answers may be lost."""
        if user_id is None:
            for each in self._waiting.values():
                each.end()

    def _forget_node(self, node_id: str) -> None:
        for each in self._waiting.values():
            if each.node_id == node_id:
                each.end()

    def _take(self, packet: bytes, sender: str) -> None:
        try:
            content: Forwarded | _Answered | _Disconnected = _decode(packet)
        except msgspec.MsgspecError:  # of another version
            return
        match content:
            case Forwarded():
                task = asyncio.get_running_loop().create_task(self._answer(content, sender))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case _Answered(number, status, content_type, body):
                if number in self._waiting:
                    self._waiting[number].end(Response(body, status, content_type))
            case _Disconnected(number):
                if (sender, number) in self._clients:
                    self._clients[sender, number].set()

    async def _answer(self, request: Forwarded, sender: str) -> None:
        if self._serve is None:
            return
        gone = self._clients[sender, request.number] = asyncio.Event()
        try:
            answer = await self._serve(request, _receive(request.body, gone))
        except ClientGone:
            return
        finally:
            del self._clients[sender, request.number]
        answered = _Answered(request.number, answer.status, answer.content_type, answer.body)
        self._bus.send(sender, _encode(answered))


def _receive(body: bytes, gone: asyncio.Event) -> Receive:
    """The ASGI messages of a request: its body, then the disconnection of its client."""
    read = False

    async def receive() -> Message:
        nonlocal read
        if not read:
            read = True
            return {"type": "http.request", "body": body, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    return receive
