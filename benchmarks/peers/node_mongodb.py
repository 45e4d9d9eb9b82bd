"""Node's Socket.IO with MongoDB: what many chat back ends are made of."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import programs
from benchmarks.peers import node
from benchmarks.peers.peer import MANY, Missing, Server
from benchmarks.peers.speech import SOCKET_IO


@dataclass(frozen=True)
class NodeMongodb:
    name: str = "Node socket.io + MongoDB"
    kept: str = "journaled"
    idle: int = MANY
    recovery: bool = False
    """Socket.IO's connection state recovery, which is off by default."""

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Iterator[Server]:
        del clients
        port, database_port = programs.free_port(), programs.free_port()
        command = [*node.command("socketio_mongodb.cjs"), str(port)]
        command += [f"mongodb://127.0.0.1:{database_port}/"] + ["recover"] * self.recovery
        with _mongod(folder, database_port) as database, programs.running(command) as pid:
            programs.wait_for_port(port, patience=20)
            yield Server(port, SOCKET_IO, [pid, database])


@contextmanager
def _mongod(folder: Path, port: int) -> Iterator[int]:
    options = ["--dbpath", str(folder), "--bind_ip=127.0.0.1", f"--port={port}", "--quiet"]
    command = [_program(), *options, "--logpath", str(folder / "mongod.log")]
    with programs.running(command) as pid:
        programs.wait_for_port(port, patience=60)
        yield pid


def _program() -> str:
    """One on the path comes first."""
    known = shutil.which("mongod")
    if known is not None:
        return known
    found = find_spec("fiftyone")
    for place in (found and found.submodule_search_locations) or []:
        program = Path(place) / "db" / "bin" / "mongod"
        if program.exists():
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            return str(program)
    raise Missing("mongod on the path; on x86-64 Linux make bench-peers installs one")
