"""An HTTP exchange at the edge: its request, its response, and the unread part (rule R13)."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from litestar.types import (
    HTTPReceiveMessage,
    HTTPResponseStartEvent,
    HTTPScope,
    Message,
    Receive,
    Send,
    WebSocketReceiveMessage,
)

from backchannel.budgets.held import TLS_BUFFERS, HeldBytes
from backchannel.budgets.pace import Pace
from backchannel.budgets.rates import network
from backchannel.chat.logins import Identity
from backchannel.domain.errors import Overloaded
from backchannel.http.headers import Pairs

PIECE = 1 << 15
"""Bytes handed to the transport at a time; the next ones wait until it has room."""
LARGE = 1 << 14
"""Bytes of a piece of a request's body that counts as a request: to read it is work as well."""
TLS_COPIES = 4
"""The most bytes in the buffers of TLS for a byte of a body that is complete."""
GIVEN_UP = "the answer was given up"
"""The message with which its task is cancelled."""
PER_CLIENT = 12 << 20
IN_ALL = 48 << 20
"""Bytes of long answers that are not yet sent."""


class UnreadAnswers:
    """Counts the answers, or parts of one, that are longer than a piece, until they are sent.

    One client has at most `per_client` bytes. If all clients together have `in_all`, the oldest
    answer of the client with most bytes is given up, so that clients that read need not wait.
    """

    def __init__(self, per_client: int = PER_CLIENT, in_all: int = IN_ALL) -> None:
        self._per_client = per_client
        self._in_all = in_all
        self._answers: dict[str, dict[asyncio.Task[object], int]] = {}  # the oldest first
        self._held: dict[str, int] = {}
        self.total = 0

    @contextmanager
    def holding(self, client: str, size: int) -> Generator[None]:
        """Count `size` bytes while they are sent by the current task.

        Raises `Overloaded` if the client has too much. When the task is given up it is
        cancelled with `GIVEN_UP`.
        """
        held = self._held.get(client, 0)
        if held and held + size > self._per_client:
            raise Overloaded(
                "too many responses to you are unread; read them before you send more requests",
                retry_after=1.0,
            )
        while self._held and self.total + size > self._in_all:
            self._give_up()
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._answers.setdefault(client, {})[task] = size
        self._held[client] = self._held.get(client, 0) + size
        self.total += size
        try:
            yield
        finally:
            if task in self._answers.get(client, {}):
                self._release(client, task)

    def _give_up(self) -> None:
        client = max(self._held, key=self._held.__getitem__)
        task = next(iter(self._answers[client]))
        self._release(client, task)
        task.cancel(GIVEN_UP)

    def _release(self, client: str, task: asyncio.Task[object]) -> None:
        answers = self._answers[client]
        size = answers.pop(task)
        self.total -= size
        self._held[client] -= size
        if not answers:
            del self._answers[client], self._held[client]


class Flow(Protocol):
    """The flow of a connection's bytes."""

    def pause_reading(self) -> None: ...


class UnreadBody(Protocol):
    """The part of a request's body that has come and that the application has not received."""

    scope: Any
    body: bytearray
    more_body: bool
    flow: Flow


class Incoming:
    """ASGI's `receive`; it counts the body of a client that is not logged in until the answer.

    Large pieces of bodies wait for the turn of their client's address, as requests do.
    """

    def __init__(
        self,
        receive: Receive,
        scope: HTTPScope,
        held_before_login: HeldBytes,
        pace: Pace,
        unread: UnreadBody | None,
    ) -> None:
        self._receive = receive
        self._pace = pace
        self._unread = unread
        self._scope = scope
        self._held_before_login = held_before_login
        self._task = asyncio.current_task()
        self._size = 0
        self.given_up = False

    async def __call__(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        size = len(message.get("body", b""))
        if _user_of(self._scope) is None:
            self._size += size
            self._hold(self._size)
        if size >= LARGE:
            await self.wait_for_turn()
        return message

    async def wait_for_turn(self) -> None:
        """Wait for the turn of the client's address. Raises `Overloaded`.

        Meanwhile nothing is read from the connection; receiving a message resumes that.
        """
        if self._unread is not None and self._unread.more_body:
            self._unread.flow.pause_reading()
            if _user_of(self._scope) is None:
                self._hold(self._size + len(self._unread.body))
        await self._pace.turn_of_address(address_of(self._scope))

    def _hold(self, size: int) -> None:
        unread, buffers = self._unread, 0
        if size and unread is not None and unread.scope["scheme"] == "https":
            # Once the body is complete, the buffers have held no more than it.
            buffers = TLS_BUFFERS if unread.more_body else min(TLS_BUFFERS, TLS_COPIES * size)
        self._held_before_login.hold(self, size + buffers)

    def give_up(self) -> None:
        """End the request: the budget calls this."""
        self.given_up = True
        if self._task is not None:
            self._task.cancel()

    def forget(self) -> None:
        """Stop counting the held bytes."""
        self._held_before_login.hold(self, 0)


class Outgoing:
    """ASGI's `send`, adding the headers a response lacks.

    Long bodies go out in pieces, each when the client has read the ones before. An answer to a
    client with too many unread ones is not started: `refused` has the reason.
    """

    def __init__(
        self,
        send: Send,
        extra: Pairs,
        scope: HTTPScope,
        unread: UnreadAnswers,
        lacking: Callable[[Pairs], Pairs],
    ) -> None:
        self._send = send
        self._lacking = lacking
        self._extra = extra
        self._scope = scope
        self._unread = unread
        self._start: HTTPResponseStartEvent | None = None
        self.started = False
        self.status = 0
        self.refused: Overloaded | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start, self.status = message, message["status"]
            self.refused = None
        elif message["type"] == "http.response.body" and self.refused is None:
            body = message.get("body", b"")
            if len(body) <= PIECE:
                await self._begin()
                await self._send(message)
                return
            try:
                with self._unread.holding(self._client(), len(body)):
                    await self._begin()
                    await self._send_pieces(body, more_body=message.get("more_body", False))
            except Overloaded as refused:
                if self.started:
                    raise
                self.refused = refused

    async def _begin(self) -> None:
        """Send the head of the response, which waits until its body is admitted."""
        if self._start is None:
            return
        start, self._start, self.started = self._start, None, True
        given = list(start["headers"])
        present = {name for name, _ in given}
        given += [pair for pair in self._extra if pair[0] not in present]
        start["headers"] = [*given, *self._lacking(given)]
        await self._send(start)

    async def _send_pieces(self, body: bytes, *, more_body: bool) -> None:
        for at in range(0, len(body), PIECE):
            more = more_body or at + PIECE < len(body)
            piece = body[at : at + PIECE]
            await asyncio.sleep(0)  # others get their turn, even if the client reads at once
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    def _client(self) -> str:
        """The requester: a user, or the address of a client that is not logged in."""
        user = _user_of(self._scope)
        if user is not None:
            return user.user_id
        return network(address_of(self._scope))


def address_of(scope: HTTPScope) -> str:
    """The client's address; empty for the peer of a Unix socket."""
    client = scope["client"]
    return client[0] if client else ""


def _user_of(scope: HTTPScope) -> Identity | None:
    """The user that sent a request; None before that is known."""
    user = cast("dict[str, object]", scope).get("user")
    return user if isinstance(user, Identity) else None
