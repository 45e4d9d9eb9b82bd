"""Node's `ws` with a database server that speaks SQL."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers import databases, node
from benchmarks.peers.node_sqlite import SPEECH
from benchmarks.peers.peer import MANY, Server


@dataclass(frozen=True)
class NodeSql:
    name: str
    engine: str
    """In `tests.support.engines.DATABASES`."""
    kept: str = "synced"
    idle: int = MANY

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Generator[Server]:
        del clients
        port = programs.free_port()
        command = node.command("ws_sql.cjs")
        with databases.sql(self.engine, folder) as database:
            url = database.url.partition("?")[0]  # the options in its query are for our driver
            with programs.running([*command, str(port), url]) as pid:
                programs.wait_for_port(port, timeout=20)
                yield Server(port, SPEECH, [pid])
