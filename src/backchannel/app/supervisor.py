"""The supervisor of several workers: starts, watches, replaces and stops them."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from backchannel.app.listening import CannotListen, bind
from backchannel.settings import Settings
from backchannel.telemetry import logs, metrics

READY = b"+"


@dataclass(frozen=True)
class Worker:
    """A worker's side: the descriptors that it inherits from the supervisor."""

    listening: int
    supervisor: int
    """One end of a pair of sockets; the other end closes when the supervisor ends."""

    @property
    def option(self) -> str:
        """The descriptors, as passed on the command line."""
        return f"{self.listening},{self.supervisor}"

    @classmethod
    def of(cls, option: str) -> "Worker":
        """The reverse of `option`. Raises `ValueError`."""
        listening, supervisor = map(int, option.split(","))
        return cls(listening, supervisor)

    def listener(self) -> socket.socket:
        """The socket that all workers accept from."""
        return socket.socket(fileno=os.dup(self.listening))

    def notify_ready(self) -> None:
        """Notify the supervisor that connections are accepted."""
        os.write(self.supervisor, READY)

    def watch(self, ended: Callable[[], None]) -> None:
        """Call `ended` once the supervisor has ended, for whatever reason."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            if not os.read(self.supervisor, 1):
                loop.remove_reader(self.supervisor)
                ended()

        loop.add_reader(self.supervisor, look)


FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds until a worker that has ended is started again; the pause doubles."""
STEADY_SECONDS = 60.0
"""Seconds after which a worker that ends is started again without a longer pause."""

log = logging.getLogger("backchannel")


def supervise(settings: Settings, arguments: Sequence[str], *, ready: Callable[[int], None]) -> int:
    """Serve with as many workers as the settings say, until asked to stop; returns the exit code.

    `arguments` are those of the command line, with which each worker is started. `ready` is called
    with the port once all of them accept connections.
    """
    logs.configure(level=settings.log.level.value, as_json=settings.log_as_json)
    try:
        listener = bind(settings.host, settings.port)
    except CannotListen as refusal:
        print(f"backchannel: {refusal}", file=sys.stderr)  # noqa: T201 - for the operator
        return 1
    with tempfile.TemporaryDirectory(prefix="backchannel-metrics-") as folder:
        supervisor = Supervisor(listener, arguments, settings.worker_count, Path(folder))
        return asyncio.run(supervisor.run(lambda: ready(listener.getsockname()[1])))


@dataclass(eq=False)
class Running:
    """A worker's process, and the supervisor's end of the pair of sockets (`line`)."""

    number: int
    """The lowest number that no other running worker has."""
    process: asyncio.subprocess.Process
    line: socket.socket
    began: float
    successor: "Running | None" = None
    """The worker that takes its place when it ends."""

    async def is_ready(self) -> bool:
        """Wait until it accepts connections; False if it ended before."""
        with contextlib.suppress(OSError):
            return await asyncio.get_running_loop().sock_recv(self.line, 1) == READY
        return False

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        code = await self.process.wait()
        self.line.close()
        return code

    def end(self) -> None:
        """Ask it to end; the second time, to stop waiting for clients."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()


class Supervisor:
    """Keeps `workers` workers on one listening socket; their metrics are in `metrics_dir`."""

    def __init__(
        self, listener: socket.socket, arguments: Sequence[str], workers: int, metrics_dir: Path
    ) -> None:
        self._listener = listener
        self._arguments = arguments
        self._workers = workers
        self._metrics_dir = metrics_dir
        self._running: dict[Running, None] = {}
        self._numbers: set[int] = set()
        self._stopping = asyncio.Event()
        self._code = 0
        self._replacing: asyncio.Task[None] | None = None

    async def run(self, ready: Callable[[], None]) -> int:
        """Run until a signal ends it; returns the exit code."""
        self._heed_signals()
        first = [await self._start() for _ in range(self._workers)]
        slots = [asyncio.create_task(self._keep(each)) for each in first]
        if all(await asyncio.gather(*(each.is_ready() for each in first))):
            ready()
            log.info("%d workers are ready", self._workers)
        elif not self._stopping.is_set():
            self._code = 1
            self._stop("a worker did not start")
        await asyncio.gather(*slots)
        return self._code

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number.name)
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            return
        if sys.stdin is not None and sys.stdin.isatty():  # the terminal was closed
            loop.add_signal_handler(signal.SIGHUP, self._stop, signal.SIGHUP.name)
        else:
            loop.add_signal_handler(signal.SIGHUP, self._replace)

    async def _start(self) -> Running:
        number = next(each for each in count() if each not in self._numbers)
        self._numbers.add(number)
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        with theirs:
            passed = Worker(self._listener.fileno(), theirs.fileno())
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "backchannel"),
                *(*self._arguments, "--worker", passed.option),
                pass_fds=(passed.listening, passed.supervisor),
                env={**os.environ, **metrics.environment(self._metrics_dir, number)},
                start_new_session=True,  # a key in the terminal is for the supervisor only
            )
        worker = Running(number, process, ours, time.monotonic())
        self._running[worker] = None
        if self._stopping.is_set():
            worker.end()
        return worker

    async def _keep(self, worker: Running) -> None:
        """Whenever a worker ends, go on with its successor, or start a new one."""
        pause = FIRST_PAUSE
        while True:
            code = await worker.ended()
            self._forget(worker)
            if worker.successor is not None:
                worker = worker.successor
                continue
            if self._stopping.is_set():
                self._code = self._code or abs(code)
                return
            if time.monotonic() - worker.began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            log.error("a worker has ended with %d; started again in %g s", code, pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
                    return
            pause = min(2 * pause, LONGEST_PAUSE)
            worker = await self._start()

    def _forget(self, ended: Running) -> None:
        del self._running[ended]
        metrics.retire(self._metrics_dir, ended.number)
        self._numbers.remove(ended.number)

    def _stop(self, reason: str) -> None:
        """Pass the signal on; after a second one, workers stop waiting for clients."""
        log.info("stopping all workers: %s", reason)
        self._stopping.set()
        for worker in self._running:
            worker.end()

    def _replace(self) -> None:
        if self._replacing is None or self._replacing.done():
            self._replacing = asyncio.get_running_loop().create_task(self._replace_all())

    async def _replace_all(self) -> None:
        """Replace the workers one by one: each new one is ready before the old one stops."""
        log.info("replacing all workers: SIGHUP")
        for old in tuple(self._running):
            new = await self._start()
            if not await new.is_ready():
                await new.ended()
                self._forget(new)
                log.error("a new worker did not start; those that were not replaced stay")
                return
            if self._stopping.is_set() or old not in self._running:
                new.end()
                await new.ended()
                self._forget(new)
                continue
            old.successor = new
            old.end()
            await old.process.wait()
        log.info("all workers are replaced")
