"""Health and metrics: for supervisors, load balancers and Prometheus, without a login."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from backchannel.chat import maintenance
from backchannel.domain.errors import ChatError
from backchannel.http.docs.refusals import refusals
from backchannel.http.requests import InjectedCore
from backchannel.telemetry import metrics

PROBES = frozenset({"/healthz", "/readyz"})


class Health(msgspec.Struct, frozen=True):
    """`reason` explains an `ok` that is false."""

    ok: bool
    reason: Annotated[str | None, Meta(examples=[None])] = None


TAGS = {"Health": "For supervisors and load balancers, without a login."}
"""The tag of these operations, for the API's description."""


def health_routes(*, draining: Callable[[], bool]) -> Router:
    """The two probes; while `draining`, the process asks for no more requests (R12)."""

    @get(
        "/healthz",
        summary="Check that the process is alive",
        description="For supervisors, without a login.",
        responses=refusals(400),
        sync_to_thread=False,
    )
    def get_liveness() -> Health:
        return Health(ok=True)

    @get(
        "/readyz",
        summary="Check that the server can take requests",
        description="503 while it starts or stops, and while its database cannot be used.",
        responses={
            **refusals(400),
            503: ResponseSpec(
                Health, generate_examples=False, description="The server cannot take requests now."
            ),
        },
    )
    async def get_readiness(core: InjectedCore) -> Response[Health]:
        if draining():
            return _unready("shutting down")
        try:
            await maintenance.check(core)
        except ChatError as refusal:
            return _unready(refusal.text)
        return Response(Health(ok=True))

    return Router("/", route_handlers=[get_liveness, get_readiness], tags=list(TAGS))


def _unready(reason: str) -> Response[Health]:
    return Response(Health(ok=False, reason=reason), status_code=503)


@get("/metrics", include_in_schema=False, sync_to_thread=False)
def get_metrics() -> Response[bytes]:
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)


def metrics_routes() -> Router:
    """`/metrics`: mounted only if it may be read without a login (rule S21)."""
    return Router("/", route_handlers=[get_metrics])
