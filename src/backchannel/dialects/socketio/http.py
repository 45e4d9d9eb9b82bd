"""`/socket.io/` over HTTP: long-polling, and the client's library beside it.

The files are those of the npm package `socket.io-client`, byte for byte; a test compares them.
The one without `min` in its name is the same code, but is served minified as well.
"""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import cast

import msgspec
from litestar.enums import HttpMethod, ScopeType
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from backchannel.http.downloads import is_same
from backchannel.http.headers import encoded
from backchannel.http.requests import plain_headers
from backchannel.transports.socketio.server import SocketIo

_ASSETS = {
    "socket.io.js": "socket.io.min.js",
    "socket.io.min.js": "socket.io.min.js",
    "socket.io.esm.min.js": "socket.io.esm.min.js",
}

MOUNT = "/socket.io"


class Script(msgspec.Struct, frozen=True):
    """A file of the library, and the entity tag by which browsers ask for it again."""

    body: bytes
    etag: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Any page may run it: it is no secret, and the same everywhere."""
        return (
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", "public, max-age=0"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("etag", self.etag),
        )


def scripts() -> Mapping[str, Script]:
    """The library by file name."""
    folder = files("backchannel.dialects.socketio").joinpath("assets")
    return {name: _script(folder.joinpath(asset).read_bytes()) for name, asset in _ASSETS.items()}


def _script(body: bytes) -> Script:
    return Script(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def mount(server: SocketIo) -> ASGIRouteHandler:
    """The ASGI application at `/socket.io/`, behind the edge like every other route."""
    library = scripts()
    polling = cast("ASGIApp", server.polling)  # the same types, less narrow

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        script = library.get(scope["path"].strip("/").rpartition("/")[2])
        if script is not None:
            await _serve_script(script, plain_headers(scope), send)
            return
        if scope["type"] == ScopeType.HTTP and scope["state"].get("head"):
            scope["method"] = HttpMethod.HEAD  # the edge shows a GET, which would open a session
        await polling(scope, receive, send)

    return ASGIRouteHandler(MOUNT, is_mount=True, copy_scope=True)(serve)


async def _serve_script(script: Script, headers: dict[str, str], send: Send) -> None:
    known = is_same(headers.get("if-none-match"), script.etag)
    length = () if known else (("content-length", str(len(script.body))),)
    await send(
        {
            "type": "http.response.start",
            "status": 304 if known else 200,
            "headers": encoded([*script.headers, *length]),
        }
    )
    await send(
        {"type": "http.response.body", "body": b"" if known else script.body, "more_body": False}
    )
