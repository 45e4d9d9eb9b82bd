"""Requests to a service over HTTP, with retries and bounded responses."""

import asyncio
import logging
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from backchannel.budgets.pieces import read_in_pieces
from backchannel.ports.responder import ResponderFailed

ATTEMPTS = 4
FIRST_WAIT = 0.5
"""Seconds before the second attempt, give or take a half; the wait doubles each time."""
RESPONSE_BYTES = 1 << 20
"""Most bytes that are read of a response; as JSON a text is longer than it is."""
IDLE_CONNECTIONS = 20
"""Connections that are kept for the next question."""

MakeRequest = Callable[[], Awaitable[httpx.Request]]

log = logging.getLogger(__name__)


class _TryAgain(Exception):
    """The service did not answer, but may answer in a moment."""


def client(*, timeout: float) -> httpx.AsyncClient:
    """A client that waits at most `timeout` seconds for a connection, and for each read.

    Nothing of one answer is sent with the next question, which may be another user's.
    """
    return httpx.AsyncClient(
        timeout=timeout,
        # `responder.answers_at_once` limits them: more would wait here, and fail.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,  # signed or paid requests go only to the configured URL
        headers={"user-agent": "backchannel", "accept-encoding": "identity"},
    )


@asynccontextmanager
async def opened(http: httpx.AsyncClient, make: MakeRequest) -> AsyncGenerator[httpx.Response]:
    """A successful response, its body yet unread; `make` makes the request of each attempt.

    Lost connections, 5xx and 429 are tried again. Raises `ResponderFailed`, also for a
    connection that is lost while the body is read.
    """
    response = await _open(http, make)
    try:
        yield response
    except httpx.TransportError as error:
        raise ResponderFailed(f"the response broke off: {_named(error)}") from error
    finally:
        await response.aclose()


async def chunks(response: httpx.Response, limit: int) -> AsyncGenerator[bytes]:
    """A response's body as it comes. Raises `ResponderFailed` past `limit` bytes."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limit:
            raise ResponderFailed(f"the response is longer than {limit:,} bytes")
        yield chunk


async def body(response: httpx.Response) -> bytes:
    """A response's whole body. Raises `ResponderFailed` past `RESPONSE_BYTES`."""
    return b"".join([chunk async for chunk in chunks(response, RESPONSE_BYTES)])


def media_type(response: httpx.Response) -> str:
    value: str = response.headers.get("content-type", "")
    return value.partition(";")[0].strip().lower()


async def _open(http: httpx.AsyncClient, make: MakeRequest) -> httpx.Response:
    attempt, wait = 1, FIRST_WAIT
    while True:
        try:
            return await _attempt(http, await make())
        except _TryAgain as fault:
            if attempt == ATTEMPTS:
                raise ResponderFailed(f"{fault}, {ATTEMPTS} times") from None
            log.info("the responder is asked again in about %g s: %s", wait, fault)
        await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - spreads the load
        attempt, wait = attempt + 1, wait * 2


async def _attempt(http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    request.extensions["trace"] = read_in_pieces
    try:
        response = await http.send(request, stream=True)
    except httpx.TransportError as error:
        raise _TryAgain(_named(error)) from None
    if response.is_success:
        return response
    await response.aclose()
    fault = f"{request.url.host} answers with status {response.status_code}"
    if response.is_server_error or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise _TryAgain(fault)
    raise ResponderFailed(fault)


def _named(error: httpx.TransportError) -> str:
    """A description of the error; some errors have no text.

    It ends before the part that repeats the response, which may be long or hold a user's text (S6).
    """
    text = re.split(r":|\sb?['\"]", str(error))[0]
    return f"{type(error).__name__} {text}".rstrip()
