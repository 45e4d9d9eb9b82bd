"""python-socketio with SQLite."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers.peer import Server
from benchmarks.peers.protocols import SOCKET_IO

PROGRAM = Path(__file__).parent / "servers" / "socketio_sqlite.py"


@dataclass(frozen=True)
class PythonSocketio:
    name: str = "python-socketio + SQLite"
    kept: str = "synced"
    idle: int = 2_000

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Iterator[Server]:
        del clients
        port = programs.free_port()
        command = [sys.executable, str(PROGRAM), str(port), str(folder / "chat.db")]
        with programs.running(command) as pid:
            programs.wait_for_port(port, timeout=20)
            yield Server(port, SOCKET_IO, [pid])
