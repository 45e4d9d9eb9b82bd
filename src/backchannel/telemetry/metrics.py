"""The metrics, in Prometheus's text format; their names are part of the server's interface."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0

REGISTRY = CollectorRegistry()

MESSAGES_STORED = Counter(
    "backchannel_messages_stored", "Messages stored durably.", registry=REGISTRY
)
COMMIT_SECONDS = Histogram(
    "backchannel_commit_seconds",
    "Time from when a batch was gathered to its durable commit.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
BATCH_MESSAGES = Histogram(
    "backchannel_batch_messages",
    "Messages that shared one commit.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000),
    registry=REGISTRY,
)
SOCKETS_LIVE = Gauge("backchannel_sockets_live", "Sockets that are logged in.", registry=REGISTRY)
LAGGING = Counter(
    "backchannel_lagging", "Sockets that read too slowly to be pushed to.", registry=REGISTRY
)


def render() -> bytes:
    """All metrics as they are now, to be served as `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)
