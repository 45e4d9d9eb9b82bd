"""Run the server until it is asked to stop."""

import asyncio
import contextlib
import ctypes
import gc
import logging
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

import uvloop

from backchannel.app.config import endpoints_for, server_config
from backchannel.app.core import open_core
from backchannel.app.listening import CannotListen, HttpServer, bind, started
from backchannel.app.locking import locked_for_server
from backchannel.app.supervisor import Worker
from backchannel.brokers.drivers import CannotConnect
from backchannel.chat.core import Core
from backchannel.chat.erasures import Eraser
from backchannel.chat.logins import watch_ended
from backchannel.chat.maintenance import collect_forever, notify_peers_forever, trim_forever
from backchannel.chat.orphaned_questions import OrphanedQuestions
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.domain.errors import ChatError
from backchannel.security.secret import SecretRefused
from backchannel.settings import Settings
from backchannel.storage import CannotOpen
from backchannel.telemetry import logs

SWITCH_INTERVAL = 1e-3
"""Seconds after which a thread must yield to a waiting one: a batch must not delay the sockets.

With 0.1 ms, throughput is a twentieth lower; 5 ms, Python's default, delays messages.
"""

YOUNG_OBJECTS = 20_000
"""New objects after which Python looks for reference cycles: messages create none."""

LARGE_BLOCK = 64 << 10
"""Blocks of at least this many bytes are returned to the system as soon as they are freed.

With a lower value, each batch of messages would cost page faults; with a higher one, memory that
attackers made the server fill would stay with it.
"""
MOST_BLOCKS = 10_000
"""Most such blocks at the same time: Linux allows a process some 65,000 mappings."""

FREE_MEMORY = 4 << 20
"""Free bytes that an arena keeps for small blocks: the next batch of messages uses them again."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4

log = logging.getLogger("backchannel")


def run(settings: Settings, *, ready: Callable[[int], None], worker: Worker | None = None) -> int:
    """Serve until SIGTERM, SIGINT or SIGHUP; returns the exit code.

    `ready` is called with the port once connections are accepted. A `worker` notifies its
    supervisor instead, and ends with it. If the server cannot start, one line says why.
    """
    logs.configure(level=settings.log.level.value, as_json=settings.log_as_json)
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(YOUNG_OBJECTS)
    _configure_memory()
    try:
        with locked_for_server(settings):
            uvloop.run(_serve(settings, ready, worker, began=time.perf_counter()))
    except (CannotConnect, CannotListen, CannotOpen, SecretRefused, ChatError) as refusal:
        print(f"backchannel: {refusal}", file=sys.stderr)  # noqa: T201 - for the operator
        return 1
    return 0


def _configure_memory() -> None:
    """Make glibc give each large block its own mapping; other C libraries stay as they are.

    By default it stops doing so once a large block was freed, so memory that many clients had
    filled for a moment would stay with the process. Setting this also stops it from adapting how
    much free memory an arena keeps, so that is set as well.
    """
    with contextlib.suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt  # mallopt(3)
        set_option(_M_MMAP_THRESHOLD, LARGE_BLOCK)
        set_option(_M_MMAP_MAX, MOST_BLOCKS)
        set_option(_M_TRIM_THRESHOLD, FREE_MEMORY)


async def _serve(
    settings: Settings, ready: Callable[[int], None], worker: Worker | None, *, began: float
) -> None:
    listener = worker.listener() if worker else bind(settings.host, settings.port)
    async with (
        contextlib.AsyncExitStack() as until_stored,
        open_core(settings, serving=True) as core,
        _with_background_tasks(core) as connections,
    ):
        endpoints = endpoints_for(settings, connections)
        draining = False

        async def stop() -> None:
            """Refuse new messages, and wait for the replies to accepted ones (rule R12)."""
            nonlocal draining
            draining = True
            log.info("stopping: %s", server.reason)
            await core.answers.close()
            await core.sending.stop()
            endpoints.drain()

        config = server_config(settings, core, endpoints, draining=lambda: draining)
        server = HttpServer(config, before_close=stop, tls_deadline=settings.limits.header_deadline)
        until_stored.enter_context(server.handling_signals())
        serving = asyncio.create_task(server.serve([listener]))
        await started(server)
        if server.started and worker is not None:
            worker.watch(partial(server.handle_exit, signal.SIGTERM, None))
            worker.notify_ready()
        elif server.started:
            ready(listener.getsockname()[1])
        gc.freeze()  # objects from the start stay, so the collector need not visit them again
        log.info(
            "ready after %.2f s, listening on %s:%s, data in %s",
            time.perf_counter() - began,
            *listener.getsockname()[:2],
            settings.data_dir.resolve(),
        )
        await serving
    log.info("stopped")


@asynccontextmanager
async def _with_background_tasks(core: Core) -> AsyncGenerator[ConnectionManager]:
    """The connection manager with its tasks; at the end, pending data is written."""
    connections = ConnectionManager(core)
    work = (
        connections.run(),
        core.nodes.run(),
        watch_ended(core),
        collect_forever(core),
        trim_forever(core),
        notify_peers_forever(core),
        Eraser(core).run(),
        OrphanedQuestions(core).run(),
        *([core.queued.run()] if core.queued else ()),
    )
    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(_log_failure)
    try:
        yield connections
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        core.nodes.leave()
        try:
            await connections.flush()
        except ChatError as refusal:  # a server must stop even if its database is unavailable
            log.warning("the last receipts are not stored: %s", refusal)


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log a background task that has ended unexpectedly: no caller awaits it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("%s has failed; restart the server", task.get_coro(), exc_info=error)
