"""python-socketio's own client with its defaults."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import socketio
from socketio.exceptions import BadNamespaceError

from benchmarks.peers.loss.clients import number_of, send_all, settled
from benchmarks.peers.loss.journal import Journal, Plan
from benchmarks.peers.peer import Server


async def exchange(server: Server, port: int, plan: Plan) -> Sequence[Journal]:
    del server
    return await asyncio.gather(*(_pair(port, plan, index) for index in range(plan.pairs)))


async def _pair(port: int, plan: Plan, index: int) -> Journal:
    journal = Journal()
    sender, receiver = socketio.AsyncClient(), socketio.AsyncClient()
    receiver.on("message", lambda event: journal.received.append(number_of(event["text"])))
    names = f"u{2 * index}", f"u{2 * index + 1}"
    for client, name in zip((sender, receiver), names, strict=True):
        url = f"http://127.0.0.1:{port}"
        await client.connect(url, auth={"name": name}, transports=["websocket"])

    async def send(number: int) -> None:
        def acknowledged(answer: object) -> None:
            del answer
            journal.acknowledged.append(number)

        message = {"to": names[1], "text": f"#{number}"}
        # Not connected just now: the user sees that, and nothing was acknowledged.
        with suppress(BadNamespaceError):
            await sender.emit("message", message, callback=acknowledged)

    await send_all(plan, send)
    await settled(journal, plan)
    await asyncio.gather(sender.disconnect(), receiver.disconnect())
    return journal
