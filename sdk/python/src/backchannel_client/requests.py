"""HTTP requests with a token, which is renewed once when it is no longer valid."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import httpx
import msgspec

from backchannel_client.errors import ApiError, error_of
from backchannel_client.tokens import TokenManager

Answer = TypeVar("Answer")

Query = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `json` is a value, `content` are bytes."""

    method: str
    path: str
    query: Query = field(default_factory=dict[str, str | int | None])
    json: object = None
    content: bytes | AsyncIterable[bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Requests:
    """Sends requests to one server. A redirect is an error: it would forward the token."""

    def __init__(self, http: httpx.AsyncClient, tokens: TokenManager) -> None:
        self._http = http
        self._tokens = tokens

    async def ask(
        self, answer: type[Answer], method: str, path: str, *, json: object = None, **query: object
    ) -> Answer:
        """The response's JSON, decoded as `answer`. Raises `ApiError`."""
        given = {name: each for name, each in query.items() if isinstance(each, str | int)}
        return _decoded(answer, await self.carry_out(Request(method, path, given, json)))

    async def ask_openly(
        self, answer: type[Answer], method: str, path: str, *, json: object = None
    ) -> tuple[Answer, str | None]:
        """The response to a request without a token, and its date. Raises `ApiError`."""
        response = await self._send(Request(method, path, json=json), None)
        return _decoded(answer, _checked(response)), response.headers.get("date")

    async def carry_out(self, request: Request) -> httpx.Response:
        """The response, read whole. Raises `ApiError` unless it is a success."""
        token = await self._tokens.token()
        response = await self._send(request, token)
        if response.status_code == HTTPStatus.UNAUTHORIZED and _repeatable(request):
            response = await self._send(request, await self._tokens.renew(token))
        return _checked(response)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[httpx.Response]:
        """The response as a stream. Raises `ApiError` unless it is a success."""
        built = self._built(request, await self._tokens.token())
        try:
            response = await self._http.send(built, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    raise error_of(response)
                yield response
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    async def _send(self, request: Request, token: str | None) -> httpx.Response:
        try:
            return await self._http.send(self._built(request, token))
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    def _built(self, request: Request, token: str | None) -> httpx.Request:
        headers = dict(request.headers)
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        content = request.content
        if request.json is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode(request.json)
        query = {name: each for name, each in request.query.items() if each is not None}
        return self._http.build_request(
            request.method, request.path, params=query or None, content=content, headers=headers
        )


def _repeatable(request: Request) -> bool:
    return request.content is None or isinstance(request.content, bytes)


def _checked(response: httpx.Response) -> httpx.Response:
    if not response.is_success:
        raise error_of(response)
    return response


def _decoded(answer: type[Answer], response: httpx.Response) -> Answer:
    try:
        return msgspec.json.decode(response.content or b"null", type=answer)
    except msgspec.DecodeError as error:
        detail = "the server does not answer as a Backchannel server does"
        raise ApiError(response.status_code, "not_understood", detail) from error


def _unreachable(error: httpx.TransportError) -> ApiError:
    return ApiError(0, "unreachable", str(error) or type(error).__name__)
