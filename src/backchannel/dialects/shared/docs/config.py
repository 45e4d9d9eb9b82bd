"""The pages served below `/docs`, and their sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Contact, License, SecurityScheme, Server, Tag
from litestar.serialization import encode_json

from backchannel.dialects.shared.docs.document import completed
from backchannel.dialects.shared.docs.names import operation_id
from backchannel.dialects.shared.requests import BEARER

PATH = "/docs"
INTRODUCTION = """\
A self-hosted server for private, one-to-one, real-time chat.

Log in, then send the access token as `Authorization: Bearer TOKEN`. Times are ISO 8601 in UTC,
ids are strings. A request with an unknown or mistyped field or query parameter is refused, and
the error names it. What belongs to another user is answered as if it did not exist.

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
        page = _Static("/", "text/html", _page("docs.html"))
        return OpenAPIConfig(
            title="Backchannel",
            version=self.version,
            description=INTRODUCTION,
            license=License(name="MIT", identifier="MIT"),
            contact=Contact(name="The operator of this server"),
            servers=[Server(url="/", description="This server")],
            operation_id_creator=operation_id,
            path=PATH,
            components=Components(security_schemes=dict.fromkeys(BEARER, BEARER_SCHEME)),
            tags=[
                Tag(name=name, description=text)
                for tags in self.groups.values()
                for name, text in tags.items()
            ],
            render_plugins=[
                page,
                *(_Static(f"/{name}", "text/html", _page(f"{name}.html")) for name in PAGES),
                _Document(self.groups),
                *(_Static(f"/{name}", kind, body) for name, (kind, body) in served.items()),
            ],
        )


SCRIPTS = ("docs.js", "elements.js", "operations.js", "schemas.js", "socket.js")
_STYLES = ("docs.css", "reference.css")
_ASSETS = {**dict.fromkeys(_STYLES, "text/css"), **dict.fromkeys(SCRIPTS, "text/javascript")}
PAGES = ("getting-started", "protocol")
"""Pages made from docs/*.md by `make docs`."""


class _Document(OpenAPIRenderPlugin):
    """The OpenAPI document, made when it is first asked for."""

    def __init__(self, groups: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(path="/openapi.json", media_type="application/json")  # type: ignore[arg-type]
        self._groups = groups
        self._rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        if self._rendered is None:
            self._rendered = encode_json(completed(openapi_schema, self._groups))
        return self._rendered


class _Static(OpenAPIRenderPlugin):
    """A file that never changes while the server runs."""

    def __init__(self, path: str, media_type: str, body: bytes) -> None:
        super().__init__(path=path, media_type=media_type)  # type: ignore[arg-type]
        self._body = body

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        return self._body


def _page(name: str) -> bytes:
    return files("backchannel.dialects.shared.docs").joinpath("page", name).read_bytes()
