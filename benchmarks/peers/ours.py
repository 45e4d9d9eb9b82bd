"""Backchannel: the native dialect on its embedded defaults, or on a database server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import people, programs
from benchmarks.peers import databases
from benchmarks.peers.peer import DELIVERED, MANY, TEXT, Server

NATIVE = [
    "--path=/v1/ws",
    "--header=Authorization: Bearer %k",
    '--wait={"type":"sync"',
    '--message={"type":"send","to":"%q","client_id":"%d-%t","body":"' + TEXT + '"}',
    '--acknowledged="ack","client_id":"',
    DELIVERED,
    '--confirm={"type":"ack","position":%n}',
]
MONGODB = "mongodb"


@dataclass(frozen=True)
class Backchannel:
    name: str = "Backchannel"
    kept: str = "synced"
    idle: int = MANY
    engine: str | None = None
    """The kind of database server; None for the embedded SQLite."""

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Iterator[Server]:
        with ExitStack() as running:
            database = running.enter_context(self._database(folder)) if self.engine else None
            url = database.url if database else None
            tokens, ids = people.make(folder, clients, database_url=url)
            users = list(zip(ids.read_text().split(), tokens.read_text().split(), strict=True))
            load_options = [*NATIVE, f"--keys={tokens}", f"--names={ids}"]
            port = programs.free_port()
            settings = {"DATABASE_URL": url} if url else {}
            pid = running.enter_context(programs.backchannel(folder, port, **settings))
            yield Server(port, load_options, [pid, *(database.pids if database else ())], users)

    @contextmanager
    def _database(self, folder: Path) -> Iterator[databases.RunningDatabase]:
        if self.engine != MONGODB:
            with databases.sql(str(self.engine), folder) as database:
                yield database
            return
        data = folder / "mongodb"
        data.mkdir()
        with databases.mongodb(data) as database:
            yield database
