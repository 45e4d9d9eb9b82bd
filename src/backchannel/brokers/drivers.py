"""Drivers of brokers: each is an extra, which is installed where its broker is used."""

import asyncio
import contextlib
from importlib import import_module
from typing import Any, Protocol

CLOSE_SECONDS = 1.0
"""Seconds for closing a connection to a broker, which may not answer."""
CANCEL_SECONDS = 0.5
"""Seconds after which a task that still runs is cancelled again."""


class CannotConnect(Exception):
    """The broker cannot be used; the text is one line for the operator."""


def driver(module: str, *, extra: str) -> Any:
    """The driver's module. Raises `CannotConnect` if it is not installed.

    Untyped, because type checkers find a driver only where its extra is installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise CannotConnect(
            f"its driver is not installed; run: pip install 'backchannel[{extra}]'"
        ) from None


def raise_if_cancelled(error: BaseException | None = None) -> None:
    """Raise `CancelledError` if this task was cancelled, whichever `error` ended its work.

    Without an error, a driver may have swallowed the cancellation, as Kafka's does while it
    closes a client.

    If it was not, and `error` is a `CancelledError`, a driver has cancelled the future that the
    task awaited, as RabbitMQ's does when its broker is silent: the connection is broken. If it
    was, another error may hide that: a `TaskGroup` raises the errors of its tasks instead.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until all have ended, as a driver may swallow a cancellation.

    So does `asyncio.wait_for` before Python 3.12, if its awaitable ends at the same time.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


class BrokerConnection(Protocol):
    """One or several sockets to a broker."""

    async def close(self) -> None:
        """Close the connection gracefully; the broker may not answer, so `abort` follows."""
        ...

    def abort(self) -> None:
        """Close the sockets at once, also after `close`."""
        ...


def abort_if_cancelled(opened: BrokerConnection) -> None:
    """Abort the connection and raise `CancelledError`, if a driver swallowed that of this task."""
    try:
        raise_if_cancelled()
    except asyncio.CancelledError:
        opened.abort()
        raise


async def close_in_time(opened: BrokerConnection) -> None:
    """Close a connection if the broker answers soon; `abort` has to follow in any case."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await opened.close()
