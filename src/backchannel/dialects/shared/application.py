"""The HTTP application: the routes of all dialects behind one edge."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp

from backchannel.chat.core import Core
from backchannel.dialects.shared import health
from backchannel.dialects.shared.digits import require_digits
from backchannel.dialects.shared.docs.config import Docs
from backchannel.dialects.shared.docs.document import StructDescriptions
from backchannel.dialects.shared.edge import Edge, EdgePolicy
from backchannel.dialects.shared.errors import Render, unrouted
from backchannel.dialects.shared.requests import StrictRequest
from backchannel.dialects.shared.slashes import restore_slashes

BODY_LIMIT = 1 << 20
"""Largest request body in bytes, unless asked otherwise."""


def http_app(
    core: Core,
    routers: Sequence[Router | ASGIRouteHandler],
    *,
    edge: EdgePolicy,
    errors: Mapping[str, Render],
    draining: Callable[[], bool] = lambda: False,
    docs: Docs | None = None,
    body_limit: int = BODY_LIMIT,
) -> ASGIApp:
    """An ASGI application over an open core.

    `errors` maps the beginning of a path to how errors look there when no route took the
    request. Without `docs` nobody can read the API's description (rule S21).
    """
    app = Litestar(
        [*routers, health.routes(draining=draining)],
        before_request=_prepare,
        dependencies={"core": Provide(lambda: core, sync_to_thread=False)},
        exception_handlers=unrouted(errors),
        logging_config=None,
        openapi_config=docs.config() if docs else None,
        plugins=[StructDescriptions()],
        request_class=StrictRequest,
        request_max_body_size=body_limit,
        state=State({"core": core}),
    )
    return Edge(app, edge, errors)


def _prepare(request: Request[Any, Any, Any]) -> None:
    restore_slashes(request)
    require_digits(request)
