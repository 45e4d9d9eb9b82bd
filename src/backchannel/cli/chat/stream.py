"""The socket: connected, and connected again."""

import asyncio
import json
import random
import ssl
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from backchannel.cli.chat import frames
from backchannel.cli.chat.api import Refused
from backchannel.cli.chat.follower import Follower
from backchannel.cli.chat.outbox import Outbox

FINAL = {1000, 1002, 1003, 1007, 1009, 4001, 4003}
"""Close codes after which reconnecting makes no sense."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
ACKNOWLEDGE_EVERY = 1.0
RENEW_EVERY = 30.0


class Stream:
    """Carries frames between the server and a follower for as long as the login lasts."""

    def __init__(
        self,
        url: str,
        tls: ssl.SSLContext | None,
        token: Callable[[], Awaitable[str]],
        follower: Follower,
        outbox: Outbox,
    ) -> None:
        self._url = url.replace("http", "ws", 1) + "/v1/ws"
        self._tls = tls
        self._token = token
        self._follower = follower
        self._outbox = outbox

    async def run(self) -> None:
        """Stay connected. Raises `Refused` when the server has ended the login."""
        wait = FIRST_WAIT
        while True:
            try:
                async with connect(self._url, ssl=self._tls, max_size=None) as socket:
                    wait = FIRST_WAIT
                    await self._attend(socket)
            except (OSError, InvalidHandshake, ConnectionClosed) as error:
                self._follower.lost(_reason(error))
            await asyncio.sleep(random.uniform(0, wait))  # noqa: S311  # only spreads clients
            wait = min(wait * 2, LONGEST_WAIT)

    async def _attend(self, socket: ClientConnection) -> None:
        """Say hello, then read and write until the connection is gone."""
        await socket.send(json.dumps(self._follower.hello(await self._token())))
        self._outbox.begin_again()
        works = (self._write(socket), self._acknowledge(), self._renew())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            async for payload in socket:
                self._follower.take(frames.decode(payload))
        finally:
            for task in tasks:
                task.cancel()
            # Whatever ended them, the connection ends too, and that is told.
            await asyncio.gather(*tasks, return_exceptions=True)
        raise ConnectionClosed(socket.protocol.close_rcvd, socket.protocol.close_sent)

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            await socket.send(json.dumps(await self._outbox.next()))

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACKNOWLEDGE_EVERY)
            self._follower.acknowledge()

    async def _renew(self) -> None:
        """Hand each new token over in time; it is asked for often and rarely new."""
        current = await self._token()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            token = await self._token()
            if token != current:
                current = token
                self._outbox.send(type="renew", token=token)


def _reason(error: Exception) -> str:
    """Why the connection is gone. Raises `Refused` if it is gone for good."""
    close = error.rcvd if isinstance(error, ConnectionClosed) else None
    if close is not None and close.code in FINAL:
        raise Refused(f"the server has ended the connection: {close.reason}") from None
    return (close and close.reason) or "connection lost"
