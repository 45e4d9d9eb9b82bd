"""Answers from a language model, over any API that is compatible with OpenAI's.

The chat completions API (platform.openai.com/docs/api-reference/chat), which most servers of
models speak as well, streamed as server-sent events (WHATWG HTML, section 9.2).
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import httpx
import msgspec

from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.ports.responder import AnswerCut, ResponderFailed
from backchannel.responders import requests

_BOM = b"\xef\xbb\xbf"

PATH = "/chat/completions"
END = b"[DONE]"
STREAM_BYTES = 32 << 20
"""Most bytes that are read of a stream: each word of an answer comes with some hundred others."""
EVENT_BYTES = 1 << 20


async def data_of(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The data of each event, its lines joined by a line feed; events without data are left out.

    Other than the standard, an event counts that the stream's end completes: some servers end
    without the blank line. Raises `ResponderFailed` past `EVENT_BYTES`.
    """
    data: list[bytes] = []
    size = 0
    async with aclosing(_lines(chunks)) as lines:
        async for line in lines:
            if line:
                name, _, value = line.partition(b":")
                if name == b"data":
                    size += len(line)
                    _require_short(size)
                    data.append(value.removeprefix(b" "))
                continue
            if event := b"\n".join(data).strip():
                yield event
            data.clear()
            size = 0
    if event := b"\n".join(data).strip():
        yield event


async def _lines(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The lines of a stream, ended by CR LF, LF or CR, wherever the chunks are cut."""
    line = bytearray()
    beginning, after_cr = True, False
    async with aclosing(chunks):
        async for chunk in chunks:
            text = chunk[1:] if after_cr and chunk.startswith(b"\n") else chunk
            after_cr = chunk.endswith(b"\r") or (after_cr and not chunk)
            first, *others = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            line += first
            _require_short(len(line))
            for each in others:
                yield bytes(line).removeprefix(_BOM) if beginning else bytes(line)
                beginning = False
                line = bytearray(each)
    yield bytes(line).removeprefix(_BOM) if beginning else bytes(line)


def _require_short(size: int) -> None:
    if size > EVENT_BYTES:
        raise ResponderFailed(f"an event of the response is longer than {EVENT_BYTES:,} bytes")


@dataclass(frozen=True, slots=True)
class Model:
    """The model to ask, and its parameters. `url` is the API's base, such as `http://host/v1`."""

    url: str
    name: str
    key: str | None = None
    prompt: str | None = None
    """The system prompt, sent ahead of every conversation."""
    max_tokens: int | None = None


CUT_REASONS = {"length", "max_tokens", "content_filter"}
"""The reasons for which a model stops before its answer is complete."""


class _ContentPart(msgspec.Struct):
    text: str | None = None


class _MessageText(msgspec.Struct):
    content: str | list[_ContentPart | str] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            parts = (part if isinstance(part, str) else part.text or "" for part in self.content)
            return "".join(parts)
        return self.content or ""


class _Choice(msgspec.Struct):
    delta: _MessageText | None = None
    """A piece of the answer, in a stream."""
    message: _MessageText | None = None
    """The whole answer, from services that do not stream."""
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    error: Any = None

    @property
    def text(self) -> str:
        parts = (choice.delta or choice.message for choice in (self.choices or [])[:1])
        return "".join(each.text for each in parts if each is not None)

    @property
    def end(self) -> str | None:
        """The reason for which the answer ends here, None if it goes on."""
        return next((each.finish_reason for each in self.choices or () if each.finish_reason), None)


class OpenAi:
    """Implements `ports.responder.Responder`; a model may be silent for `timeout` seconds."""

    def __init__(self, model: Model, *, timeout: float) -> None:
        self._model = model
        self._url = model.url.rstrip("/").removesuffix(PATH) + PATH
        self._http = requests.client(timeout=timeout)

    async def answer(self, question: Message, before: Sequence[Message]) -> AsyncGenerator[str]:
        """The answer as the model writes it."""
        payload = await asyncio.to_thread(self._payload, [*before, question])
        headers = {"content-type": "application/json", **self._headers}

        async def request() -> httpx.Request:
            return self._http.build_request("POST", self._url, content=payload, headers=headers)

        end: str | None = None
        async with (
            requests.opened(self._http, request) as response,
            aclosing(_completions(response)) as completions,
        ):
            async for completion in completions:
                yield completion.text
                end = completion.end or end
        if end in CUT_REASONS:
            raise AnswerCut(f"the model has ended its answer: {end}")

    async def close(self) -> None:
        await self._http.aclose()

    @property
    def _headers(self) -> dict[str, str]:
        key = self._model.key
        return {} if key is None else {"authorization": f"Bearer {key}"}

    def _payload(self, history: Sequence[Message]) -> bytes:
        """The body of the request, encoded message by message: the event loop runs in between."""
        model = self._model
        system = [] if model.prompt is None else [{"role": "system", "content": model.prompt}]
        payload: dict[str, Any] = {
            "model": model.name,
            "messages": [*system, *_turns(history)],
            "stream": True,
        }
        if model.max_tokens is not None:
            payload["max_tokens"] = model.max_tokens
        return msgspec.json.encode(payload)


def _turns(history: Sequence[Message]) -> list[dict[str, Any]]:
    """The turns of user and assistant: they alternate, and the user has the first one.

    Many models refuse anything else; consecutive messages of one sender are one turn.
    """
    turns: list[tuple[str, list[str]]] = []
    for message in history:
        role = "assistant" if message.sender_id == RESPONDER_ID else "user"
        if turns and turns[-1][0] == role:
            turns[-1][1].append(message.body)
        elif turns or role == "user":
            turns.append((role, [message.body]))
    return [{"role": role, "content": _joined(bodies)} for role, bodies in turns]


def _joined(bodies: Sequence[str]) -> msgspec.Raw:
    """Texts as one JSON string, with an empty line in between."""
    strings = [msgspec.json.encode(body)[1:-1] for body in bodies]
    return msgspec.Raw(b'"%b"' % rb"\n\n".join(strings))


async def _completions(response: httpx.Response) -> AsyncGenerator[_Completion]:
    """The answer: whole, or in the pieces of a stream. Raises `ResponderFailed`."""
    if requests.media_type(response) != "text/event-stream":
        yield _decoded(await requests.body(response))
        return
    finished = False
    async with aclosing(data_of(requests.chunks(response, STREAM_BYTES))) as stream:
        async for data in stream:
            if data == END:
                return
            completion = _decoded(data)
            finished = finished or completion.end is not None
            yield completion
    if not finished:
        raise ResponderFailed("the stream ended before the answer did")


def _decoded(data: bytes) -> _Completion:
    """A completion or a piece of one. Raises `ResponderFailed`, also for an error in its place."""
    try:
        completion = msgspec.json.decode(data, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ResponderFailed(f"the response is not a completion: {error}") from None
    if completion.error:
        raise ResponderFailed(f"the model's server reports {_named(completion.error)}")
    return completion


def _named(error: Any) -> str:
    """An error by its type and code; its text is left out, as it may repeat messages (S6)."""
    if not isinstance(error, dict):
        return "an error"
    given = cast("dict[str, Any]", error)
    known = [str(given[name])[:80] for name in ("type", "code") if given.get(name)]
    return f"the error {', '.join(known)}" if known else "an error"
