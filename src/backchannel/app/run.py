"""Run the server until it is told to stop."""

import asyncio
import gc
import logging
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import uvloop

from backchannel.app.config import doors_for, server_config
from backchannel.app.core import open_core
from backchannel.app.listening import CannotListen, Server, bind, started
from backchannel.app.locking import locked_for_server
from backchannel.chat.collection import collect_forever
from backchannel.chat.core import Core
from backchannel.chat.erasing import Eraser
from backchannel.chat.logouts import watch_ended
from backchannel.chat.profiles import tell_peers_forever
from backchannel.chat.retention import trim_forever
from backchannel.delivery.switchboard import Switchboard
from backchannel.domain.errors import ChatError
from backchannel.security.secret import SecretRefused
from backchannel.settings import Settings
from backchannel.storage.errors import CannotOpen
from backchannel.telemetry import logs

SWITCH_INTERVAL = 1e-4
"""Seconds after which the writer's thread must yield: a commit may not hold up the sockets."""

YOUNG_OBJECTS = 20_000
"""New objects after which circles among them are looked for: messages make none."""

log = logging.getLogger("backchannel")


def run(settings: Settings, *, ready: Callable[[int], None]) -> int:
    """Serve until SIGTERM, SIGINT or SIGHUP; the exit code.

    `ready` is called with the port once connections are accepted. One clear line says why the
    server cannot start.
    """
    logs.configure(level=settings.log.level.value, as_json=settings.log_as_json)
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        with locked_for_server(settings):
            uvloop.run(_serve(settings, ready, began=time.perf_counter()))
    except (CannotListen, CannotOpen, SecretRefused, ChatError) as refusal:
        print(f"backchannel: {refusal}", file=sys.stderr)  # noqa: T201 - for the operator
        return 1
    return 0


async def _serve(settings: Settings, ready: Callable[[int], None], *, began: float) -> None:
    listener = bind(settings.host, settings.port)
    async with open_core(settings, serving=True) as core, _attended(core) as desk:
        doors = doors_for(settings, desk)
        draining = False

        async def finish() -> None:
            """Refuse new messages, and let those on their way get their replies (rule R12)."""
            nonlocal draining
            draining = True
            log.info("stopping: %s", server.reason)
            await core.responding.close()
            await core.sending.stop()
            doors.drain()

        config = server_config(settings, core, doors, draining=lambda: draining)
        server = Server(config, before_close=finish, tls_deadline=settings.limits.header_deadline)
        serving = asyncio.create_task(server.serve([listener]))
        await started(server)
        if server.started:
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
async def _attended(core: Core) -> AsyncGenerator[Switchboard]:
    """A switchboard with the tasks that look after it; what gathered is written at the end."""
    desk = Switchboard(core)
    work = (
        desk.run(),
        watch_ended(core),
        collect_forever(core),
        trim_forever(core),
        tell_peers_forever(core),
        Eraser(core).run(),
        core.responding.resume(),
    )
    tasks = [asyncio.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(_tell_of_failure)
    try:
        yield desk
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.flush()


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    """Log background work that has ended although it should run on: no caller awaits it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("%s has failed; restart the server", task.get_coro(), exc_info=error)
