"""The log: one format for the entries of this program and of the libraries.

Modules write with `logging.getLogger("backchannel.<area>")` or `structlog.get_logger(…)`; both
come out here, with the request id of the work that was going on. Tokens, passwords and messages
stay out of the log (S6), as do forged lines (S24).
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TextIO, cast

import structlog
from structlog.contextvars import bound_contextvars
from structlog.types import EventDict, Processor, WrappedLogger

INTERVAL = 10.0
"""Seconds."""
ENTRIES = 20
"""Entries in each interval; the others are only counted."""

QUIET = {
    "alembic": logging.WARNING,
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
    "aiormq": logging.CRITICAL,
    "aio_pika": logging.CRITICAL,
    "aiokafka": logging.CRITICAL,
}
"""Libraries that log normal work, or a lost connection, which this program reports itself."""

REMOVED = "[removed]"

PRIVATE_KEYS = frozenset(
    {
        "access_token",
        "authorization",
        "body",
        "content",
        "cookie",
        "jwt_secret",
        "password",
        "password_hash",
        "refresh_token",
        "secret",
        "text",
        "token",
    }
)

_TOKEN = re.compile(
    r"""
      (?<=token=)[^\s&"']+                 # in a query
    | (?<=signature=)[^\s&"']+             # of a signed URL
    | (?<=/invitations/)[^\s/?"']+         # in a path
    | (?<=invitation=)[^\s&"']+            # in the address of the web client
    | (?i:(?<=bearer\ ))[^\s"']+           # in a header
    | eyJ[\w-]{5,}\.[\w-]+\.[\w-]*         # a JWT anywhere
    | (?<=://)[^\s/@]+:[^\s/@]+(?=@)       # a URL's user and password
    """,
    re.VERBOSE,
)
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {9: "\t"}
_LINES = _CONTROLS | {10: "\n"}


@contextmanager
def request_scope(request_id: str | None = None) -> Generator[str]:
    """Put a request id, a new one if None, on every log entry made within."""
    chosen = request_id or secrets.token_hex(8)
    with bound_contextvars(request_id=chosen):
        yield chosen


class SparingLog:
    """Writes warnings; the first one of an interval says how many were left out in the last."""

    def __init__(
        self, log: logging.Logger, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._monotonic = monotonic
        self._began = float("-inf")
        self._written = 0
        self._left_out = 0

    def warning(self, text: str, **details: object) -> None:
        """Write an entry. `details` are cut to 200 characters and may come from a stranger."""
        now = self._monotonic()
        if now - self._began >= INTERVAL:
            self._began, self._written = now, 0
        if self._written >= ENTRIES:
            self._left_out += 1
            return
        self._written += 1
        extra = {name: str(value)[:200] for name, value in details.items()}
        if self._left_out:
            extra["left_out"] = str(self._left_out)
            self._left_out = 0
        self._log.warning(text, extra=extra)


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
    quieten()


def quieten() -> None:
    """Leave out what `QUIET` names. A command that does not `configure` the log calls this."""
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


def redact(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Remove values that are private by their name or form, and make control characters visible."""
    return {name: _clean(name, value) for name, value in entry.items()}


def _clean(name: str, value: object) -> object:
    if name.lower() in PRIVATE_KEYS:
        return REMOVED
    if isinstance(value, str):
        # A traceback is written by Python and keeps its lines.
        return _TOKEN.sub(REMOVED, value).translate(_LINES if name == "exception" else _CONTROLS)
    if isinstance(value, dict):
        items = cast("dict[object, object]", value).items()
        return {key: _clean(str(key), item) for key, item in items}
    if isinstance(value, list | tuple):
        return [_clean("", item) for item in cast("list[object]", value)]
    return value
