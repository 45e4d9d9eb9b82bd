"""A plain WebSocket client that reconnects, as most clients do."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.peers.loss.clients import LOGIN_TIMEOUT, number_of, send_all, settled
from benchmarks.peers.loss.journal import Journal, Plan
from benchmarks.peers.peer import Server


class Person:
    """A user who is connected, or about to be again."""

    def __init__(self, url: str, journal: Journal) -> None:
        self._url = url
        self._journal = journal
        self.socket: ClientConnection | None = None
        self.live = asyncio.Event()

    async def run(self) -> None:
        async for socket in connect(self._url):
            self.socket = socket
            self.live.set()
            with suppress(ConnectionClosed):
                async for payload in socket:
                    self._take(json.loads(payload))

    def _take(self, frame: dict[str, str]) -> None:
        if frame["type"] == "ack":
            self._journal.acknowledged.append(int(frame["ref"]))
        else:
            self._journal.received.append(number_of(frame["text"]))


async def exchange(server: Server, port: int, plan: Plan) -> Sequence[Journal]:
    del server
    return await asyncio.gather(*(_pair(port, plan, index) for index in range(plan.pairs)))


async def _pair(port: int, plan: Plan, index: int) -> Journal:
    journal = Journal()
    name = f"u{2 * index + 1}"
    urls = (f"ws://127.0.0.1:{port}/ws?name={each}" for each in (f"u{2 * index}", name))
    sender, receiver = (Person(url, journal) for url in urls)
    runs = [asyncio.create_task(each.run()) for each in (sender, receiver)]
    async with asyncio.timeout(LOGIN_TIMEOUT):
        await asyncio.gather(sender.live.wait(), receiver.live.wait())

    async def send(number: int) -> None:
        assert sender.socket is not None
        message = {"type": "send", "ref": number, "to": name, "text": f"#{number}"}
        # Not connected at the moment: the user sees that, and nothing was acknowledged.
        with suppress(ConnectionClosed):
            await sender.socket.send(json.dumps(message))

    await send_all(plan, send)
    await settled(journal, plan)
    for run in runs:
        run.cancel()
    await asyncio.gather(*runs, return_exceptions=True)
    return journal
