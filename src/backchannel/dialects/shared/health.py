"""Health: is the process alive, and should it get requests? Asked by supervisors, no login."""

from collections.abc import Callable

import msgspec
from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec

from backchannel.dialects.shared.requests import InjectedCore
from backchannel.domain.errors import ChatError

PATHS = frozenset({"/healthz", "/readyz"})


class Health(msgspec.Struct, frozen=True):
    """`reason` says why not, where `ok` is false."""

    ok: bool
    reason: str | None = None


def routes(*, draining: Callable[[], bool]) -> Router:
    """The two probes; while `draining`, the process asks for no more requests (R12)."""

    @get("/healthz", summary="Is the process alive?", sync_to_thread=False)
    def alive() -> Health:
        return Health(ok=True)

    @get(
        "/readyz",
        summary="Should it get requests?",
        responses={503: ResponseSpec(Health, generate_examples=False, description="Not now")},
    )
    async def ready(core: InjectedCore) -> Response[Health]:
        if draining():
            return _unready("shutting down")
        try:
            await core.storage.check()
        except ChatError as refusal:
            return _unready(refusal.text)
        return Response(Health(ok=True))

    return Router("/", route_handlers=[alive, ready], tags=["Health"])


def _unready(reason: str) -> Response[Health]:
    return Response(Health(ok=False, reason=reason), status_code=503)
