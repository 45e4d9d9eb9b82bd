"""Answers with what a language model says, behind any OpenAI-compatible endpoint.

The chat completions API (platform.openai.com/docs/api-reference/chat), which most servers of
models speak as well, streamed as server-sent events (WHATWG HTML, section 9.2).
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.ports.responder import ResponderFailed
from backchannel.responders import requests
from backchannel.responders.events import data_of

PATH = "/chat/completions"
END = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Model:
    """Which model, and what it is told. `url` is the API's base, such as `http://host/v1`."""

    url: str
    name: str
    key: str | None = None
    prompt: str | None = None
    """What the model is told ahead of every conversation."""
    max_tokens: int | None = None


class _Part(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Part | None = None
    """A piece, in a stream."""
    message: _Part | None = None
    """All of it, from those that do not stream."""
    finish_reason: str | None = None


class _Error(msgspec.Struct):
    """Its message is left out: it may repeat what was said (rule S6)."""

    type: str | None = None
    code: str | int | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] = []
    error: _Error | None = None

    @property
    def text(self) -> str:
        parts = (choice.delta or choice.message for choice in self.choices[:1])
        return "".join(part.content or "" for part in parts if part is not None)

    @property
    def finished(self) -> bool:
        return any(choice.finish_reason for choice in self.choices)


class OpenAi:
    """Implements `ports.responder.Responder`; `timeout` is how long a model may be silent."""

    def __init__(self, model: Model, *, timeout: float) -> None:
        self._model = model
        self._url = model.url.rstrip("/").removesuffix(PATH) + PATH
        self._http = requests.client(timeout=timeout)

    async def answer(self, question: Message, before: Sequence[Message]) -> AsyncGenerator[str]:
        """The answer as the model writes it."""
        payload = self._payload([*before, question])

        def request() -> httpx.Request:
            return self._http.build_request("POST", self._url, json=payload, headers=self._headers)

        async with requests.opened(self._http, request) as response:
            if requests.media_type(response) != "text/event-stream":
                yield _decoded(await requests.body(response)).text
                return
            finished = False
            async with aclosing(data_of(requests.chunks(response))) as stream:
                async for data in stream:
                    if data == END:
                        return
                    completion = _decoded(data)
                    finished = finished or completion.finished
                    yield completion.text
            if not finished:
                raise ResponderFailed("the stream ended before the answer did")

    async def close(self) -> None:
        await self._http.aclose()

    @property
    def _headers(self) -> dict[str, str]:
        key = self._model.key
        return {} if key is None else {"authorization": f"Bearer {key}"}

    def _payload(self, said: Sequence[Message]) -> dict[str, Any]:
        model = self._model
        system = [] if model.prompt is None else [{"role": "system", "content": model.prompt}]
        payload: dict[str, Any] = {
            "model": model.name,
            "messages": [*system, *map(_turn, said)],
            "stream": True,
        }
        return payload if model.max_tokens is None else {**payload, "max_tokens": model.max_tokens}


def _turn(message: Message) -> dict[str, str]:
    role = "assistant" if message.sender_id == RESPONDER_ID else "user"
    return {"role": role, "content": message.body}


def _decoded(data: bytes) -> _Completion:
    """A completion or a piece of one. Raises `ResponderFailed`, also for an error in its place."""
    try:
        completion = msgspec.json.decode(data, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResponderFailed(f"the response is no completion: {error}") from None
    if completion.error is not None:
        raise ResponderFailed(f"the model's server reports {completion.error}")
    return completion
