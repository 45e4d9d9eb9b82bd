"""The HTTP application: the routes of all dialects behind one edge."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import ASGIRouteHandler
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ASGIApp

from backchannel.chat.core import Core
from backchannel.http import monitoring
from backchannel.http.docs.config import Docs
from backchannel.http.docs.document import StructDescriptions
from backchannel.http.edge import Edge, EdgePolicy
from backchannel.http.errors import Render, unrouted
from backchannel.http.requests import StrictRequest, require_digits, restore_slashes

REQUEST_BODY_LIMIT = 1 << 20
"""Largest request body in bytes, unless the caller passes another limit."""


def http_app(
    core: Core,
    routers: Sequence[Router | ASGIRouteHandler],
    *,
    edge: EdgePolicy,
    errors: Mapping[str, Render],
    draining: Callable[[], bool] = lambda: False,
    docs: Docs | None = None,
    body_limit: int = REQUEST_BODY_LIMIT,
) -> ASGIApp:
    """An ASGI application over an open core.

    `errors` maps the beginning of a path to the format of errors there if no route takes the
    request. Without `docs` the API's description is not served (rule S21).
    """
    state = State({"core": core})
    app = _Application(
        [*routers, monitoring.health_routes(draining=draining)],
        before_request=_prepare,
        dependencies={"core": Provide(lambda: state.core, sync_to_thread=False)},
        exception_handlers=unrouted(errors),
        logging_config=None,
        openapi_config=docs.config() if docs else None,
        plugins=[StructDescriptions()],
        request_class=StrictRequest,
        request_max_body_size=body_limit,
        state=state,
    )
    return Edge(app, edge, errors)


class _Application(Litestar):
    """Litestar without its plugins for Pydantic and attrs: bodies here are msgspec's structs.

    They would take a third of the time in which the application is built, as they import both
    versions of Pydantic.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def _prepare(request: Request[Any, Any, Any]) -> None:
    restore_slashes(request)
    require_digits(request)
