"""The metrics endpoint for Prometheus."""

from litestar import Response, Router, get

from backchannel.telemetry import metrics


@get("/metrics", include_in_schema=False, sync_to_thread=False)
def _metrics() -> Response[bytes]:
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)


def routes() -> Router:
    """`/metrics`: mounted only if it may be read without a login (rule S21)."""
    return Router("/", route_handlers=[_metrics])
