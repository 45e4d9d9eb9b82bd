"""The inputs of handlers: the strictly decoded body, the core, and the client's identity."""

import asyncio
import re
from functools import cache, lru_cache
from typing import Any, cast
from urllib.parse import unquote

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import HeaderParameter, QueryParameter, SkipValidation
from litestar.types import HTTPScope, Scope

from backchannel.budgets.pace import Pace
from backchannel.chat import signed_urls
from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.domain.errors import Invalid
from backchannel.http.authentication import find_token, identify, read_query
from backchannel.http.validation import (
    SHOWN,
    UnsupportedMediaType,
    decode,
    decode_form,
    read_form,
    require_distinct,
)
from backchannel.transports.http.request_head import joined

UTF_8 = "utf-8"
FORM = "application/x-www-form-urlencoded"
InjectedCore = NamedDependency[SkipValidation[Core]]
"""The type of a handler's `core`."""
BEARER = {"bearer": list[str]()}
"""The security requirement of a route behind `require_login`, for the API's description."""
FORM_AT_ONCE = 16_384
"""Bytes of a form that are read on the event loop, in 2 ms at most; a larger one in a thread."""
JSON_AT_ONCE = 131_072
"""Bytes of JSON that are read on the event loop, in 2 ms at most; more of them in a thread."""
FORMS = {"urlencoded": True}
"""The `opt` of a route that takes the body of an HTML form as well."""
FILE_QUERY = {"file_query": True}
"""The `opt` of a route below a `file_id` that takes a `token` or a `signature` in the query as
well: a browser cannot set the headers of its requests for `<img>` and `<video>`."""
TO_QUEUE = {"to_queue": True}
"""The `opt` of a route that puts messages into the queue, also while the database is away."""
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
            is_large = len(body) > FORM_AT_ONCE
            fields = await asyncio.to_thread(read_form, body) if is_large else read_form(body)
            return decode_form(fields, expected)
        if media_type and media_type != "application/json" and not media_type.endswith("+json"):
            raise UnsupportedMediaType("send the body as application/json", field="content-type")
        is_large = len(body) > JSON_AT_ONCE
        return await asyncio.to_thread(_read, body, expected) if is_large else _read(body, expected)


def _read(body: bytes, expected: Any) -> Any:
    decoded = decode(body, _decoder(expected))
    require_distinct(body)
    return decoded


async def require_login(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """A guard: sets `request.user` to the requester, and waits for this user's turn.

    Raises `Invalid`, `Unauthenticated`, `Forbidden`, `Overloaded`. Guards run before the body is
    read, so an unauthenticated megabyte is not.
    """
    scope = connection.scope
    scope["auth"] = None
    query = scope["query_string"].decode("latin-1") if handler.opt.get("file_query") else ""
    if "signature=" in query and (signature := read_query(query).get("signature")):
        file_id = connection.path_params["file_id"]
        scope["user"] = await signed_urls.authenticate(core_of(connection), file_id, signature)
        return
    token = find_token(plain_headers(scope), query)
    to_queue = bool(handler.opt.get("to_queue"))
    identity = await identify(core_of(connection), token, to_queue=to_queue)
    await cast("Pace", scope["state"]["pace"]).turn_of_user(identity.user_id)
    scope["user"] = identity


async def known_query(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """A guard: each query parameter is one that the route knows, given once, as are headers (S12).

    Raises `Invalid`.
    """
    known = query_names(handler)
    for name in connection.query_params:
        if name not in known:
            hint = f"known are: {', '.join(known)}" if known else "this path takes none"
            shown = name[:SHOWN]
            raise Invalid(f"unknown query parameter {shown!r}; {hint}", field=shown)
        if len(connection.query_params.getall(name)) > 1:
            raise Invalid(f"{name} is given more than once", field=name)
    for name in _header_names(handler):
        if len(connection.headers.getall(name, [])) > 1:
            raise Invalid(f"{name} is given more than once", field=name.lower())


@lru_cache(maxsize=256)
def query_names(handler: BaseRouteHandler) -> tuple[str, ...]:
    """The query parameters that a route takes, in the order in which it names them."""
    given = handler.parsed_fn_signature.parameters.items()
    names = [name for name, each in given if isinstance(each.kwarg_definition, QueryParameter)]
    return (*names, "signature", "token") if handler.opt.get("file_query") else tuple(names)


@lru_cache(maxsize=256)
def _header_names(handler: BaseRouteHandler) -> tuple[str, ...]:
    parameters = handler.parsed_fn_signature.parameters.values()
    definitions = [each.kwarg_definition for each in parameters]
    return tuple(
        each.name for each in definitions if isinstance(each, HeaderParameter) and each.name
    )


def core_of(connection: AnyConnection) -> Core:
    """The core that the application was made with."""
    return cast("Core", connection.app.state.core)


def client_address(connection: AnyConnection) -> str:
    """The network address that a request comes from, as given by a trusted proxy."""
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


_WHOLE = re.compile(r"-?[0-9]+")

_STAND_IN = "\ufdd0"
"""Stands for the slash while routes are matched: a noncharacter, which no text has in it."""
_ENCODED = _STAND_IN.encode()


def require_digits(request: Request[Any, Any, Any]) -> None:
    """Raise `Invalid`, naming the parameter, for a whole number not written in ASCII digits.

    The framework would read `2.0` and `2e0` as 2.
    """
    for name in _whole_numbers(request.route_handler):
        value = request.path_params.get(name) or request.query_params.get(name)
        if isinstance(value, str) and not _WHOLE.fullmatch(value):
            raise Invalid(f"{name} must be a whole number", field=name)


@cache
def _whole_numbers(handler: HTTPRouteHandler) -> frozenset[str]:
    """The names of a handler's parameters that are whole numbers."""
    fields = handler.parsed_fn_signature.parameters
    return frozenset(
        name for name, field in fields.items() if int in {field.annotation, *field.args}
    )


def with_encoded_slashes(scope: HTTPScope) -> str:
    """The path of a request, each encoded slash (`%2F`) replaced by its stand-in.

    ASGI's path is decoded already: such a slash looks like a separator (RFC 3986, section 2.2).
    """
    raw = scope["raw_path"]
    if b"%2f" not in raw.lower():
        return scope["path"]
    for encoded in (b"%2F", b"%2f"):
        raw = raw.replace(encoded, _ENCODED)
    return unquote(raw.decode("utf-8", "replace"))


def restore_slashes(request: Request[Any, Any, Any]) -> None:
    """Give the parameters of a matched path their slashes."""
    parameters = cast("dict[str, object]", request.scope["path_params"])
    for name, value in parameters.items():
        if isinstance(value, str) and _STAND_IN in value:
            parameters[name] = value.replace(_STAND_IN, "/")
