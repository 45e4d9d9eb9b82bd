"""One measurement of one peer, by the same load generator for all."""

import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers.peer import Peer, Server

PAIRS = 32
WINDOW = 32
"""Unfinished messages per sender at saturation."""
PACE = 2_000
"""Messages a second, in all, where times are measured."""
SETTLED = 2.0
"""Seconds after the last login."""


@dataclass(frozen=True)
class Load:
    """The result of one round. A message is finished when acknowledged and delivered."""

    rate: float
    """Finished a second at saturation."""
    pace: float
    """Sent a second while times were taken: `PACE`, or what is within its reach."""
    p50: float
    p99: float
    """Milliseconds."""
    unfinished: float
    """Messages that were not finished 30 seconds after the last was sent."""


@contextmanager
def fresh(peer: Peer, clients: int) -> Generator[Server]:
    """The peer on an empty folder. Raises `Missing`."""
    with tempfile.TemporaryDirectory() as folder, peer.serve(Path(folder), clients) as server:
        yield server


def load(peer: Peer, seconds: float) -> Load:
    """Saturate a fresh server, then send at a rate that it can sustain. Raises `Missing`."""
    with fresh(peer, 2 * PAIRS) as server:
        options = [*_generator(server), f"--conns={2 * PAIRS}", f"--duration={seconds}"]
        full = programs.figures([*options, f"--window={WINDOW}"])
        pace = _pace(full["rate"])
        paced = programs.figures([*options, f"--rate={pace}"])
    unfinished = full["unfinished"] + paced["unfinished"]
    return Load(full["rate"], pace, paced["p50"] / 1e3, paced["p99"] / 1e3, unfinished)


def _pace(rate: float) -> float:
    """Four fifths of the saturation rate, which leaves room for slow moments."""
    return min(float(PACE), max(10.0, rate * 0.8 // 10 * 10))


def idle_memory(peer: Peer) -> float:
    """Bytes that each of `peer.idle` logged-in connections keeps resident. Raises `Missing`."""
    with fresh(peer, peer.idle) as server:
        before = server.resident()
        options = ["--idle", f"--conns={peer.idle}", "--duration=600"]
        command = [*_generator(server), *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            ready = client.stdout.readline()
            time.sleep(SETTLED)
            after = server.resident()
            client.terminate()
    if not ready:
        raise RuntimeError(f"{peer.name}: {peer.idle} connections did not get ready")
    return (after - before) / peer.idle


def _generator(server: Server) -> list[str]:
    return [str(programs.build("exchange")), f"--port={server.port}", *server.load_options]
