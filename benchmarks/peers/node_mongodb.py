"""Node's Socket.IO with MongoDB, as in many chat back ends."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers import databases, node
from benchmarks.peers.peer import MANY, Server
from benchmarks.peers.protocols import SOCKET_IO


@dataclass(frozen=True)
class NodeMongodb:
    name: str = "Node socket.io + MongoDB"
    kept: str = "journaled"
    idle: int = MANY
    program: str = "socketio_mongodb.cjs"
    recovery: bool = False
    """Socket.IO's connection state recovery, which is off by default."""

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Generator[Server]:
        del clients
        port = programs.free_port()
        command = [*node.command(self.program), str(port)]
        with databases.mongodb(folder) as database:
            command += [database.url, *(["recover"] if self.recovery else [])]
            with programs.running(command) as pid:
                programs.wait_for_port(port, timeout=20)
                yield Server(port, SOCKET_IO, [pid, *database.pids])
