"""The metrics, in Prometheus's text format; their names are part of the server's interface.

Several workers keep them together, so that each of them can report those of all. Each worker has a
number and writes into files of that number. The next worker with the number goes on with its
counters and histograms, so the sums never go back.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.multiprocess import (
    MultiProcessCollector,
    mark_process_dead,  # pyright: ignore[reportUnknownVariableType] - it has no annotations
)

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The client library's variable: the folder of the files."""
NUMBER = "PROMETHEUS_WORKER"
"""The variable that holds the number of a worker; unset in a process that serves alone."""


def environment(folder: Path, number: int) -> Mapping[str, str]:
    """The variables that make a process the worker of this number."""
    return {FOLDER: str(folder), NUMBER: str(number)}


def share() -> CollectorRegistry | None:
    """Share the metrics created from now on with the other workers; return the registry of all.

    None in a process that serves alone.
    """
    number = os.environ.get(NUMBER)
    if number is None:
        return None
    values.ValueClass = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def retire(folder: Path, number: int) -> None:
    """Remove the gauges of a worker that has ended."""
    mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]


CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0

REGISTRY = CollectorRegistry()
_of_all_workers = share()

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
SOCKETS_LIVE = Gauge(
    "backchannel_sockets_live",
    "Sockets that are logged in.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
LAGGING = Counter(
    "backchannel_lagging", "Sockets that read too slowly to be pushed to.", registry=REGISTRY
)

BUS_CONNECTED = Gauge(
    "backchannel_bus_connected",
    "1 while the broker can be reached, by each worker.",
    registry=REGISTRY,
    multiprocess_mode="livemin",
)
BUS_SENT = Counter(
    "backchannel_bus_sent", "Messages handed to the broker for other processes.", registry=REGISTRY
)
BUS_RECEIVED = Counter(
    "backchannel_bus_received", "Messages of other processes that arrived.", registry=REGISTRY
)
BUS_DROPPED = Counter(
    "backchannel_bus_dropped",
    "Messages for other processes that were not sent: these read the logs instead.",
    registry=REGISTRY,
)

QUEUE_CONNECTED = Gauge(
    "backchannel_queue_connected",
    "1 while the queue can be reached, by each worker.",
    registry=REGISTRY,
    multiprocess_mode="livemin",
)
QUEUE_ACCEPTED = Counter(
    "backchannel_queue_accepted", "Messages that the queue has confirmed.", registry=REGISTRY
)
QUEUE_REJECTED = Counter(
    "backchannel_queue_rejected", "Messages of the queue that were refused.", registry=REGISTRY
)
QUEUE_SET_ASIDE = Counter(
    "backchannel_queue_set_aside",
    "Entries of the queue that cannot be handled: see `backchannel queue list`.",
    registry=REGISTRY,
)


def render() -> bytes:
    """All metrics as they are now, those of all workers joined, to be served as `CONTENT_TYPE`."""
    return generate_latest(_of_all_workers or REGISTRY)
