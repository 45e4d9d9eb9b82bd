"""Fetching a page: to the address that was checked, a bounded part of it, in a bounded time."""

import ssl
from collections.abc import Collection
from http import HTTPStatus

import httpx
import msgspec

from backchannel.budgets.pieces import read_in_pieces
from backchannel.domain.errors import Invalid
from backchannel.previews.targets import Address, PublicResolver, Unreachable, parse

MOST_BYTES = 512 * 1024
"""The bytes of a page that are read; its metadata are at its beginning."""
REDIRECTS = 3
SECONDS = 5.0
"""For the name, the connection, the redirects and the reading together."""
HEADERS = {
    "user-agent": "Backchannel link preview",
    "accept": "text/html",
    # A compressed page could be a bomb.
    "accept-encoding": "identity",
}

_REDIRECTING = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}


class FetchedPage(msgspec.Struct, frozen=True):
    """The beginning of an HTML page; `charset` is the one its server names, or empty."""

    url: str
    charset: str
    content: bytes


class Fetcher:
    """An HTTP client that keeps nothing: no cookies, no cache, no connection. It uses no proxy."""

    def __init__(
        self,
        resolver: PublicResolver,
        ports: Collection[int],
        *,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._resolver = resolver
        self._ports = ports
        # A kept connection would be used again for another host at the same address.
        self._transport = httpx.AsyncHTTPTransport(
            verify=context or httpx.create_ssl_context(trust_env=False),
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def fetch(self, url: httpx.URL) -> FetchedPage:
        """The page at `url`, or where that redirects to. Raises `Unreachable`."""
        for _ in range(REDIRECTS + 1):
            response = await self._ask(url)
            try:
                if response.status_code not in _REDIRECTING:
                    return await _read(url, response)
                url = self._redirected(url, response)
            except httpx.TransportError as error:
                raise Unreachable(f"{url.host} broke off: {error!r}") from None
            finally:
                await response.aclose()
        raise Unreachable(f"more than {REDIRECTS} redirects")

    def _redirected(self, url: httpx.URL, response: httpx.Response) -> httpx.URL:
        try:
            location = str(url.join(response.headers.get("location", "")))
            return parse(location, ports=self._ports)
        except (Invalid, httpx.InvalidURL) as error:
            raise Unreachable(f"invalid redirect: {error}") from None

    async def _ask(self, url: httpx.URL) -> httpx.Response:
        failure: object = None
        for address in await self._resolver.addresses(url.raw_host.decode("ascii")):
            try:
                return await self._transport.handle_async_request(_request(url, address))
            except httpx.TransportError as error:
                failure = error
        raise Unreachable(f"{url.host} cannot be reached: {failure!r}")

    async def close(self) -> None:
        await self._transport.aclose()


def _request(url: httpx.URL, address: Address) -> httpx.Request:
    """A request to `address` for the host of `url`, whose name the certificate must have."""
    return httpx.Request(
        "GET",
        url.copy_with(host=str(address)),
        headers={"host": url.netloc.decode("ascii"), **HEADERS},
        extensions={
            "sni_hostname": url.raw_host.decode("ascii"),
            "timeout": httpx.Timeout(SECONDS).as_dict(),
            "trace": read_in_pieces,
        },
    )


async def _read(url: httpx.URL, response: httpx.Response) -> FetchedPage:
    media_type, _, _ = response.headers.get("content-type", "").partition(";")
    encoding = response.headers.get("content-encoding", "identity")
    if not response.is_success or media_type.strip().lower() != "text/html":
        raise Unreachable(f"{response.status_code} with {media_type!r} is not a page")
    if encoding.lower() != "identity":
        raise Unreachable(f"compressed as {encoding!r}")
    content = bytearray()
    async for part in response.aiter_raw():
        content += part
        if len(content) >= MOST_BYTES:
            break
    return FetchedPage(str(url), response.charset_encoding or "", bytes(content[:MOST_BYTES]))
