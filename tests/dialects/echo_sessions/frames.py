"""Steps of a client of this dialect."""

from typing import Any

from tests.support.plain_socket import ClientSocket, Frame


def event(name: str, data: object) -> Frame:
    return {"event": name, "data": data}


def saying(content: str, session_id: str = "mine", **more: object) -> Frame:
    return event("message", {"sessionId": session_id, "content": content, **more})


async def ask(client: ClientSocket, frame: Frame) -> Any:
    """The argument of an event's callback; earlier frames are skipped."""
    await client.send(frame)
    while "ack" not in (received := await client.receive()):
        pass
    return received["data"]


async def receive(client: ClientSocket, name: str = "message") -> Any:
    while (received := await client.receive()).get("event") != name:
        pass
    return received["data"]
