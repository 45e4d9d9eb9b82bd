"""An HTTP exchange at the edge: its request and its response."""

import asyncio
from collections.abc import Callable
from typing import cast

from litestar.types import (
    HTTPReceiveMessage,
    HTTPResponseStartEvent,
    HTTPScope,
    Message,
    Receive,
    Send,
    WebSocketReceiveMessage,
)

from backchannel.budgets.addresses import network
from backchannel.budgets.held import HeldBytes
from backchannel.chat.logins import Identity
from backchannel.dialects.shared.headers import Pairs
from backchannel.dialects.shared.unread import PIECE, UnreadAnswers
from backchannel.domain.errors import Overloaded


class Incoming:
    """ASGI's `receive`; what it hands on is held until the answer, unless the client is known."""

    def __init__(self, receive: Receive, scope: HTTPScope, strangers: HeldBytes) -> None:
        self._receive = receive
        self._scope = scope
        self._strangers = strangers
        self._task = asyncio.current_task()
        self._size = 0
        self.given_up = False

    async def __call__(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        message = await self._receive()
        if message["type"] == "http.request" and _user_of(self._scope) is None:
            self._size += len(message.get("body", b""))
            self._strangers.hold(self, self._size)
        return message

    def give_up(self) -> None:
        """End the request: the budget calls this."""
        self.given_up = True
        if self._task is not None:
            self._task.cancel()

    def forget(self) -> None:
        """Release everything that is held."""
        self._strangers.hold(self, 0)


class Outgoing:
    """ASGI's `send`, adding the headers a response lacks.

    Long bodies go out in pieces, each when the client has read the ones before. An answer whose
    client has too many others to read is not begun: `refused` tells why.
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
            await asyncio.sleep(0)  # others get their turn, also where the client reads at once
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    def _client(self) -> str:
        """The requester: a user, or the address of a client that is not logged in."""
        user = _user_of(self._scope)
        if user is not None:
            return user.user_id
        client = self._scope["client"]
        return network(client[0]) if client else ""


def _user_of(scope: HTTPScope) -> Identity | None:
    """The user that sent a request; None before that is known."""
    user = cast("dict[str, object]", scope).get("user")
    return user if isinstance(user, Identity) else None
