"""A web server on the loopback interface in place of the internet."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

from backchannel.previews.fetching import Fetcher
from backchannel.previews.targets import Address, PublicResolver, Resolve, is_public

HTML = "text/html; charset=utf-8"
STAND_IN = ip_address("127.0.0.1")


def answer(
    body: bytes | str = "", *, status: int = 200, media_type: str = HTML, **headers: str
) -> bytes:
    """An HTTP response; `_` in the name of a header stands for `-`."""
    content = body.encode() if isinstance(body, str) else body
    given = {"content-type": media_type, "content-length": str(len(content)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + content


def redirect(to: str, status: int = 302) -> bytes:
    return answer(status=status, location=to)


@dataclass
class Web:
    """The pages that it serves by path, and the requests that came."""

    port: int
    pages: dict[str, bytes | Callable[[asyncio.StreamWriter], object]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/", *, host: str = "example.test", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            page = self.pages.get(head.split()[1], answer(status=404))
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                outcome = page(writer)
                if asyncio.iscoroutine(outcome):
                    await outcome
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncGenerator[Web]:
    web = Web(0)
    server = await asyncio.start_server(web.handle, "127.0.0.1", 0, ssl=context)
    web.port = server.sockets[0].getsockname()[1]
    yield web
    server.close()


def names(table: Mapping[str, Sequence[str]]) -> Resolve:
    """A name resolver with only these names."""

    async def resolve(host: str) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        if host not in table:
            raise OSError("unknown name")
        return table[host]

    return resolve


def permits(address: Address) -> bool:
    """Treat the stand-in as public, as well as public addresses."""
    return address == STAND_IN or is_public(address)


def fetcher(
    web: Web, table: Mapping[str, Sequence[str]] | None = None, **given: ssl.SSLContext
) -> Fetcher:
    """A fetcher to which the stand-in is the internet."""
    known = {"example.test": ["127.0.0.1"], **(table or {})}
    return Fetcher(PublicResolver(names(known), permits), {80, 443, web.port}, **given)
