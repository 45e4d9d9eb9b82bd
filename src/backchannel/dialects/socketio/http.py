"""`/socket.io/` over HTTP: long-polling, and the client's library beside it."""

from typing import cast

from litestar.enums import HttpMethod, ScopeType
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from backchannel.dialects.shared.headers import encoded
from backchannel.dialects.shared.requests import plain_headers
from backchannel.dialects.socketio.bundle import Script, scripts
from backchannel.transports.socketio.server import SocketIo

MOUNT = "/socket.io"


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
    known = headers.get("if-none-match") == script.etag
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
