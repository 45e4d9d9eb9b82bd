"""The part of ASGI's HTTP that long-polling needs."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import msgspec

from backchannel.transports.engineio import problems
from backchannel.transports.engineio.problems import Rejected

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """The client hung up before it was answered."""


class Answer(msgspec.Struct, frozen=True):
    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=UTF-8"
    headers: Sequence[tuple[str, str]] = ()


async def respond(answer: Answer, headers: Sequence[tuple[str, str]], send: Send) -> None:
    """Send a whole response that nothing on its way may keep."""
    fields = [
        ("content-type", answer.content_type),
        ("content-length", str(len(answer.body))),
        ("cache-control", "no-store"),
        *answer.headers,
        *headers,
    ]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in fields
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


async def read_body(receive: Receive, *, limit: int, timeout: float) -> bytes:  # noqa: ASYNC109
    """Return the request's body. Raises Rejected (413, 408) or ClientGone."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(timeout):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise Rejected(problems.TOO_LARGE)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise Rejected(problems.TOO_SLOW) from None


async def hung_up_before(
    woken: asyncio.Future[None], receive: Receive, patience: float | None
) -> bool:
    """Wait until `woken`, or for `patience`; returns True if the client hangs up first."""
    watch = asyncio.ensure_future(_hang_up(receive))
    try:
        await asyncio.wait((watch, woken), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        return watch.done()
    finally:
        watch.cancel()


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
