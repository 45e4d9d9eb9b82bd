"""A client of this dialect, in words of its own."""

from typing import Any

from tests.support.plain_socket import Frame, Talker


def event(name: str, data: object) -> Frame:
    return {"event": name, "data": data}


def saying(content: str, session_id: str = "mine", **more: object) -> Frame:
    return event("message", {"sessionId": session_id, "content": content, **more})


async def ask(talker: Talker, frame: Frame) -> Any:
    """What the callback of an event is given; what comes ahead of it is passed over."""
    await talker.say(frame)
    while "ack" not in (heard := await talker.hear()):
        pass
    return heard["data"]


async def hear(talker: Talker, name: str = "message") -> Any:
    while (heard := await talker.hear()).get("event") != name:
        pass
    return heard["data"]
