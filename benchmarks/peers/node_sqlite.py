"""Node's `ws` with its built-in SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers import node
from benchmarks.peers.peer import DELIVERED, MANY, TEXT, Server

SPEECH = [
    "--path=/ws?name=u%i",
    '--message={"type":"send","ref":%d,"to":"u%p","text":"' + TEXT + '"}',
    '--acknowledged="ref":',
    DELIVERED,
]


@dataclass(frozen=True)
class NodeSqlite:
    name: str = "Node ws + SQLite"
    kept: str = "synced"
    idle: int = MANY
    grouped: bool = False
    """All messages of one turn of the event loop are one transaction."""

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Iterator[Server]:
        del clients
        port = programs.free_port()
        command = [*node.command("ws_sqlite.cjs"), str(port), str(folder / "chat.db")]
        with programs.running(command + ["grouped"] * self.grouped) as pid:
            programs.wait_for_port(port, timeout=20)
            yield Server(port, SPEECH, [pid])
