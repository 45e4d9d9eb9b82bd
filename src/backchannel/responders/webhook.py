"""Answers from a program of the operator, which gets each question by a signed POST.

docs/responder.md shows the request, and how its receiver checks the signature.
"""

import asyncio
import hmac
from collections.abc import AsyncGenerator, Sequence

import httpx
import msgspec

from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.ports.responder import ResponderFailed
from backchannel.ports.security import Clock
from backchannel.responders import requests

TIMESTAMP = "x-backchannel-timestamp"
SIGNATURE = "x-backchannel-signature"


class _EarlierMessage(msgspec.Struct, frozen=True):
    sender: str
    body: str
    created_at: str


class _Question(msgspec.Struct, frozen=True):
    id: str
    conversation_id: str
    sender_id: str
    body: str
    created_at: str
    before: list[msgspec.Raw]


class _Answer(msgspec.Struct, frozen=True):
    body: str


class Webhook:
    """Implements `ports.responder.Responder`; `timeout` is in seconds and for all attempts."""

    def __init__(self, url: str, key: bytes, clock: Clock, *, timeout: float) -> None:
        self._url = url
        self._key = key
        self._clock = clock
        self._timeout = timeout
        self._http = requests.client(timeout=timeout)

    async def answer(self, question: Message, before: Sequence[Message]) -> AsyncGenerator[str]:
        """The whole answer as one piece."""
        try:
            async with asyncio.timeout(self._timeout):
                text = await self._ask(question, before)
        except TimeoutError:
            raise ResponderFailed(f"no answer within {self._timeout:g} s") from None
        yield text

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, question: Message, before: Sequence[Message]) -> str:
        payload = await asyncio.to_thread(_encoded, question, before)

        async def signed() -> httpx.Request:
            headers = await asyncio.to_thread(self._headers, payload, question.id)
            return self._http.build_request("POST", self._url, content=payload, headers=headers)

        async with requests.opened(self._http, signed) as response:
            body = await requests.body(response)
        return _text(body, requests.media_type(response))

    def _headers(self, payload: bytes, question_id: str) -> dict[str, str]:
        timestamp = str(self._clock.now() // 1_000)
        return {
            "content-type": "application/json",
            "idempotency-key": question_id,
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._key, timestamp, payload),
        }


def signature(key: bytes, timestamp: str, payload: bytes) -> str:
    """HMAC-SHA256 over the timestamp, a full stop and the body, in hexadecimal."""
    return "sha256=" + hmac.digest(key, b"%b.%b" % (timestamp.encode(), payload), "sha256").hex()


def _encoded(question: Message, before: Sequence[Message]) -> bytes:
    """The body of the request, encoded message by message: the event loop runs in between."""
    asked = _Question(
        id=question.id,
        conversation_id=question.conversation_id,
        sender_id=question.sender_id,
        body=question.body,
        created_at=iso(question.created_at),
        before=[msgspec.Raw(msgspec.json.encode(_earlier(message))) for message in before],
    )
    return msgspec.json.encode(asked)


def _earlier(message: Message) -> _EarlierMessage:
    sender = "server" if message.sender_id == RESPONDER_ID else "user"
    return _EarlierMessage(sender, message.body, iso(message.created_at))


def _text(body: bytes, media_type: str) -> str:
    """The answer in a response: its `body` in JSON, or plain text."""
    try:
        if media_type == "text/plain":
            return body.decode()
        return msgspec.json.decode(body, type=_Answer).body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ResponderFailed(f"the response is not an answer: {error}") from None
