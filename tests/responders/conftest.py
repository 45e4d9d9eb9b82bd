"""A service for responders, on a real socket."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from backchannel.domain.ids import RESPONDER_ID, new_id
from backchannel.domain.messages import Message
from backchannel.ports.responder import Responder
from backchannel.responders import requests
from tests.support.server import serving


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    media_type: str = "application/json"
    cut: bool = False
    """True if the connection is to be lost before the end."""
    chunk: int = 1 << 20
    """Bytes that are sent at once."""


@dataclass
class Asked:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Service:
    """Gives its replies one after the other, and then repeats the last one."""

    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        body += message["body"]
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        self.asked.append(Asked(scope["path"], headers, body))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [(b"content-type", reply.media_type.encode())],
            }
        )
        for begin in range(0, len(reply.body) or 1, reply.chunk):
            part = reply.body[begin : begin + reply.chunk]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        if not reply.cut:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.fixture
def service() -> Generator[Service]:
    stub = Service()
    with serving(stub) as url:
        stub.url = url
        yield stub


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "FIRST_WAIT", 0.01)


def message(body: str, *, by_user: bool = True, seq: int = 1) -> Message:
    """A message in ada's session."""
    sender, recipient = ("ada", RESPONDER_ID) if by_user else (RESPONDER_ID, "ada")
    return Message("session", seq, new_id(), sender, recipient, new_id(), "text", body, 7_000)


async def pieces(responder: Responder, question: Message, *before: Message) -> list[str]:
    """The answer of a responder, which is then closed."""
    try:
        return [piece async for piece in responder.answer(question, before)]
    finally:
        await responder.close()
