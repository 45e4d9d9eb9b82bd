"""The socket: connected, and connected again."""

import asyncio
import random
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from backchannel.cli.chat import frames
from backchannel.cli.chat.follower import Follower
from backchannel.cli.chat.http import Refused, Server, explanation
from backchannel.cli.chat.outbox import Outbox

FINAL = {1000, 1002, 1003, 1007, 1009, 4001, 4003}
"""Close codes after which reconnecting makes no sense (docs/protocol.md)."""
TOO_BIG = 1009
TOKEN_EXPIRED = 4002
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
ACKNOWLEDGE_EVERY = 1.0
RENEW_EVERY = 30.0


class Tokens(Protocol):
    """The access token of one login. Raises `Refused`, `OSError`."""

    async def token(self) -> str: ...

    async def renewed(self, stale: str) -> str: ...


class Stream:
    """Carries frames between the server and a follower for as long as the login lasts."""

    def __init__(
        self,
        server: Server,
        tokens: Tokens,
        follower: Follower,
        outbox: Outbox,
    ) -> None:
        self._server = server
        self._tokens = tokens
        self._follower = follower
        self._outbox = outbox
        self._token = ""

    async def run(self) -> None:
        """Stay connected. Raises `Refused` when the server has ended the login."""
        server = self._server
        # The name goes into the Host header, the connection to where the server is.
        place = urlsplit(server.url)
        named = place._replace(scheme=place.scheme.replace("http", "ws"))
        if server.host is not None:
            named = named._replace(netloc=server.host)
        address = f"{named.geturl()}/v1/ws"
        host, port = place.hostname, place.port or (443 if server.tls else 80)
        wait = FIRST_WAIT
        while True:
            try:
                async with connect(
                    address, ssl=server.tls, host=host, port=port, max_size=None
                ) as socket:
                    wait = FIRST_WAIT
                    await self._attend(socket)
            except ConnectionClosed as error:
                await self._closed(error)
            except (OSError, InvalidHandshake) as error:
                self._follower.lost(explanation(server.url, error))
            await asyncio.sleep(random.uniform(0, wait))  # noqa: S311  # only spreads clients
            wait = min(wait * 2, LONGEST_WAIT)

    async def _attend(self, socket: ClientConnection) -> None:
        """Say hello, then read and write until the connection is gone."""
        self._token = await self._tokens.token()
        await socket.send(_encoded(self._follower.hello(self._token)))
        self._outbox.begin_again()
        works = (self._write(socket), self._acknowledge(), self._renew())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            async for payload in socket:
                self._take(payload)
        finally:
            for task in tasks:
                task.cancel()
            # Whatever ended them, the connection ends too, and that is told.
            await asyncio.gather(*tasks, return_exceptions=True)
        raise ConnectionClosed(socket.protocol.close_rcvd, socket.protocol.close_sent)

    def _take(self, payload: str | bytes) -> None:
        try:
            frame = frames.decode(payload)
        except msgspec.DecodeError:
            return  # of a newer server; a gap in the log would be noticed
        self._follower.take(frame)

    async def _closed(self, error: ConnectionClosed) -> None:
        """Do what a close code asks for. Raises `Refused` if the login is over."""
        code = error.rcvd.code if error.rcvd else None
        reason = (error.rcvd and error.rcvd.reason) or "connection lost"
        if code == TOKEN_EXPIRED:
            try:
                await self._tokens.renewed(self._token)
            except OSError as failure:
                self._follower.lost(str(failure))
        elif code == TOO_BIG and self._follower.too_big(reason):
            self._follower.lost("the message was too big")
        elif code in FINAL:
            raise Refused(f"the server has ended the connection: {reason}") from None
        else:
            self._follower.lost(reason)

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            await socket.send(_encoded(await self._outbox.next()))

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACKNOWLEDGE_EVERY)
            self._follower.acknowledge()

    async def _renew(self) -> None:
        """Hand each new token over in time; it is asked for often and rarely new."""
        while True:
            await asyncio.sleep(RENEW_EVERY)
            token = await self._tokens.token()
            if token != self._token:
                self._token = token
                self._outbox.signal(type="renew", token=token)


def _encoded(frame: object) -> str:
    return msgspec.json.encode(frame).decode()
