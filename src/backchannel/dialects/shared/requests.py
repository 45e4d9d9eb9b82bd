"""What handlers work with: the strictly decoded body, the core, and who is asking."""

from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation
from litestar.types import Scope

from backchannel.chat.core import Core
from backchannel.chat.logins import Identity
from backchannel.dialects.shared.authentication import find_token, identify
from backchannel.dialects.shared.validation import UnsupportedMediaType, decode, decode_form

FORM = "application/x-www-form-urlencoded"
InjectedCore = NamedDependency[SkipValidation[Core]]
"""The type of a handler's `core`."""
BEARER = {"bearer": list[str]()}
"""The security requirement of a route behind `require_login`, for the API's description."""
FORMS = {"urlencoded": True}
"""The `opt` of a route that takes the body of an HTML form as well."""
AnyConnection = ASGIConnection[Any, Any, Any, Any]


class StrictRequest(Request[Identity, None, State]):
    """A request whose body becomes the handler's type at once, with nothing coerced (S12).

    A handler with `opt=FORMS` takes the body of an HTML form as well.
    """

    async def json(self) -> Any:
        """The body as the type of the handler's `data`. Raises `Invalid`."""
        expected = _data_type(self.route_handler)
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = await self.body()
        if media_type == FORM and self.route_handler.opt.get("urlencoded"):
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
            return decode_form(dict(pairs), expected)
        if media_type and media_type != "application/json" and not media_type.endswith("+json"):
            raise UnsupportedMediaType("send the body as application/json", field="content-type")
        return decode(body, _decoder(expected))


async def require_login(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """A guard: who is asking becomes `request.user`. Raises `Unauthenticated`.

    Guards run before the body is read, so a stranger's megabyte is not.
    """
    scope = connection.scope
    query = scope["query_string"].decode("latin-1")
    token = find_token(plain_headers(scope), query)
    scope["user"] = await identify(core_of(connection), token)
    scope["auth"] = None


def core_of(connection: AnyConnection) -> Core:
    """The core that the application was made with."""
    return cast("Core", connection.app.state.core)


def client_address(connection: AnyConnection) -> str:
    """The network address a request comes from, as a trusted proxy tells it."""
    client = connection.scope["client"]
    return client[0] if client else ""


def client_agent(connection: AnyConnection) -> str:
    """What the client calls itself."""
    return connection.headers.get("user-agent", "")


def plain_headers(scope: Scope) -> dict[str, str]:
    """A request's headers by lower-case name."""
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}


def _data_type(handler: BaseRouteHandler) -> Any:
    field = handler.parsed_data_field
    return Any if field is None else field.annotation


@lru_cache(maxsize=256)
def _decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(expected)
