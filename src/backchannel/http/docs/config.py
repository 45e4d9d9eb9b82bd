"""The pages served below `/docs`, and their sources."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Contact, License, SecurityScheme, Server, Tag
from litestar.serialization import encode_json

from backchannel.http.docs.document import completed, operation_id
from backchannel.http.requests import BEARER

PATH = "/docs"
INTRODUCTION = """\
A self-hosted server for private, one-to-one, real-time chat.

Log in, then send the access token as `Authorization: Bearer TOKEN`. Times are ISO 8601 in UTC,
ids are strings. A request with an unknown or mistyped field or query parameter is refused, and
the error names it. Data of other users are answered as if they did not exist. A path and query have
at most 8 KiB, a request has at most 256 header fields.

The native API is below `/v1`. The compatible APIs let clients that were written for other chat
servers connect without a change; they work on the same users and messages."""
BEARER_SCHEME = SecurityScheme(
    type="http",
    scheme="bearer",
    bearer_format="JWT",
    description="The access token of a login.",
)


@dataclass(frozen=True, slots=True)
class Docs:
    """The description of one application.

    `documents` are further ones by file name, such as `asyncapi.json`, as JSON.
    """

    version: str
    documents: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """The descriptions of the operations' tags, by group, in the order of the page."""

    def config(self) -> OpenAPIConfig:
        """The configuration for Litestar."""
        served = {name: ("application/json", body) for name, body in self.documents.items()}
        served |= {name: (kind, _page(name)) for name, kind in _ASSETS.items()}
        pages = [
            _Page("/", "text/html", _page("docs.html")),
            *(_Page(f"/{name}", "text/html", _page(f"{name}.html")) for name in PAGES),
            _Document(self.groups),
            *(_Page(f"/{name}", kind, body) for name, (kind, body) in served.items()),
        ]
        return OpenAPIConfig(
            title="Backchannel",
            version=self.version,
            description=INTRODUCTION,
            license=License(name="MIT", identifier="MIT"),
            contact=Contact(name="The operator of this server"),
            servers=[Server(url="/", description="This server")],
            operation_id_creator=operation_id,
            components=Components(security_schemes=dict.fromkeys(BEARER, BEARER_SCHEME)),
            tags=[
                Tag(name=name, description=text)
                for tags in self.groups.values()
                for name, text in tags.items()
            ],
            render_plugins=pages,
            openapi_router=Router(
                PATH, route_handlers=[], include_in_schema=False, before_request=_answered_by(pages)
            ),
        )


SCRIPTS = ("docs.js", "elements.js", "operations.js", "schemas.js", "socket.js")
_STYLES = ("docs.css", "reference.css")
_ASSETS = {**dict.fromkeys(_STYLES, "text/css"), **dict.fromkeys(SCRIPTS, "text/javascript")}
PAGES = ("getting-started", "protocol")
"""Pages made from docs/*.md by `make docs`."""


class _Page(OpenAPIRenderPlugin):
    """A file that never changes while the server runs."""

    def __init__(self, path: str, media_type: str, body: bytes = b"") -> None:
        super().__init__(path=path, media_type=media_type)  # type: ignore[arg-type]
        self.path = path
        self._body = body

    async def content(self, app: Litestar) -> bytes:  # noqa: ARG002
        return self._body

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        raise NotImplementedError


class _Document(_Page):
    """The OpenAPI document, made at the first request for it."""

    def __init__(self, groups: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__("/openapi.json", "application/json")
        self._groups = groups
        self._making = threading.Lock()

    async def content(self, app: Litestar) -> bytes:
        return self._body or await asyncio.to_thread(self._made, app)

    def _made(self, app: Litestar) -> bytes:
        with self._making:
            if not self._body:
                document = app.openapi_schema.to_schema()
                self._body = encode_json(completed(document, self._groups))
            return self._body


def _answered_by(
    pages: Iterable[_Page],
) -> Callable[[Request[Any, Any, Any]], Awaitable[Response[bytes] | None]]:
    """Answer requests before Litestar makes the document for each page, on the event loop."""
    by_path = {PATH + page.path.rstrip("/"): page for page in pages}

    async def answer(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        page = by_path.get(request.scope["path"].rstrip("/"))
        if page is None:
            return None
        return Response(await page.content(request.app), media_type=page.media_type)

    return answer


def _page(name: str) -> bytes:
    return files("backchannel.http.docs").joinpath("page", name).read_bytes()
