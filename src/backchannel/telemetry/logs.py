"""The log: one format for our own entries and for those of the libraries.

Modules write with `logging.getLogger("backchannel.<area>")` or `structlog.get_logger(…)`; both
come out here, with the request id of the work that was going on.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.types import Processor

from backchannel.telemetry.redaction import redact

QUIET = {"alembic": logging.WARNING, "uvicorn": logging.WARNING, "asyncio": logging.WARNING}
"""Libraries that say what they do, and not only what goes wrong."""


def configure(*, level: str, as_json: bool, stream: TextIO | None = None) -> None:
    """Send every log entry of this process to `stream` (standard error by default)."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(as_json=as_json, colors=target.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


def _common() -> list[Processor]:
    """The processors of every log entry, from this program or a library."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(*, as_json: bool, colors: bool) -> logging.Formatter:
    plain = structlog.dev.plain_traceback
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)
    )
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        # A plain traceback: one with local variables would print messages (rule S6).
        structlog.processors.format_exc_info,
        redact,
        renderer,
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_common(), processors=last)
