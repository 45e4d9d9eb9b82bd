"""The inputs of handlers: the strictly decoded body, the core, and the client's identity."""

from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter, SkipValidation
from litestar.types import Scope

from backchannel.chat import signed_urls
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.dialects.shared.authentication import find_token, identify
from backchannel.dialects.shared.validation import (
    SHOWN,
    UnsupportedMediaType,
    decode,
    decode_form,
)
from backchannel.domain.errors import Invalid
from backchannel.transports.http.fields import joined

UTF_8 = "utf-8"
FORM = "application/x-www-form-urlencoded"
InjectedCore = NamedDependency[SkipValidation[Core]]
"""The type of a handler's `core`."""
BEARER = {"bearer": list[str]()}
"""The security requirement of a route behind `require_login`, for the API's description."""
FORMS = {"urlencoded": True}
"""The `opt` of a route that takes the body of an HTML form as well."""
FILE_QUERY = {"file_query": True}
"""The `opt` of a route below a `file_id` that takes a `token` or a `signature` in the query as
well: a browser cannot set the headers of what it shows with `<img>` or plays with `<video>`."""
AnyConnection = ASGIConnection[Any, Any, Any, Any]


class StrictRequest(Request[Identity, None, State]):
    """A request whose body becomes the handler's type at once, with nothing coerced (S12).

    A handler with `opt=FORMS` takes the body of an HTML form as well.
    """

    async def json(self) -> Any:
        """The body as the type of the handler's `data`. Raises `Invalid`."""
        expected = _data_type(self.route_handler)
        media_type, options = self.content_type
        if options.get("charset", UTF_8).lower() not in {UTF_8, "utf8", "us-ascii"}:
            raise UnsupportedMediaType("send the body in UTF-8", field="content-type")
        body = await self.body()
        if media_type == FORM and self.route_handler.opt.get("urlencoded"):
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
            return decode_form(dict(pairs), expected)
        if media_type and media_type != "application/json" and not media_type.endswith("+json"):
            raise UnsupportedMediaType("send the body as application/json", field="content-type")
        return decode(body, _decoder(expected))


async def require_login(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """A guard: who is asking becomes `request.user`. Raises `Unauthenticated`, `Forbidden`.

    Guards run before the body is read, so a stranger's megabyte is not.
    """
    scope = connection.scope
    scope["auth"] = None
    query = scope["query_string"].decode("latin-1") if handler.opt.get("file_query") else ""
    if "signature=" in query and (signature := dict(parse_qsl(query)).get("signature")):
        file_id = connection.path_params["file_id"]
        scope["user"] = await signed_urls.authenticate(core_of(connection), file_id, signature)
        return
    token = find_token(plain_headers(scope), query)
    scope["user"] = await identify(core_of(connection), token)


async def known_query(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """A guard: a query parameter the route does not know is refused. Raises `Invalid` (S12)."""
    known = query_names(handler)
    for name in connection.query_params:
        if name not in known:
            told = f"known are: {', '.join(known)}" if known else "this path takes none"
            shown = name[:SHOWN]
            raise Invalid(f"unknown query parameter {shown!r}; {told}", field=shown)


@lru_cache(maxsize=256)
def query_names(handler: BaseRouteHandler) -> tuple[str, ...]:
    """The query parameters that a route takes, in the order in which it names them."""
    given = handler.parsed_fn_signature.parameters.items()
    names = [name for name, each in given if isinstance(each.kwarg_definition, QueryParameter)]
    return (*names, "signature", "token") if handler.opt.get("file_query") else tuple(names)


def core_of(connection: AnyConnection) -> Core:
    """The core that the application was made with."""
    return cast("Core", connection.app.state.core)


def client_address(connection: AnyConnection) -> str:
    """The network address a request comes from, as a trusted proxy tells it."""
    client = connection.scope["client"]
    return client[0] if client else ""


def client_agent(connection: AnyConnection) -> str:
    """The client's User-Agent."""
    return connection.headers.get("user-agent", "")


def plain_headers(scope: Scope) -> dict[str, str]:
    """A request's headers by lower-case name; the lines of a repeated one are joined."""
    return joined(scope["headers"])


def _data_type(handler: BaseRouteHandler) -> Any:
    field = handler.parsed_data_field
    return Any if field is None else field.annotation


@lru_cache(maxsize=256)
def _decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(expected)
