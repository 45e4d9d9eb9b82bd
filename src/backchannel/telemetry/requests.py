"""Request ids: what ties a client's error report to the log entries of its request."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars


@contextmanager
def request_scope(request_id: str | None = None) -> Generator[str]:
    """Put a request id, a new one if None, on every log entry made within."""
    chosen = request_id or secrets.token_hex(8)
    with bound_contextvars(request_id=chosen):
        yield chosen
