"""The reference in C: epoll, one thread, no storage. It shows what the machine can do."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.peers.peer import DELIVERED, MANY, TEXT, Missing, Server

SPEECH = [
    "--path=/relay/u%i",
    '--message={"type":"msg","to":"u%p","id":%d,"text":"' + TEXT + '"}',
    '--acknowledged="id":',
    DELIVERED,
]


@dataclass(frozen=True)
class CRelay:
    name: str = "C with epoll"
    kept: str = "nothing"
    idle: int = MANY

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Generator[Server]:
        del folder, clients
        port = programs.free_port()
        with programs.running([_program(), str(port)]) as pid:
            programs.wait_for_port(port)
            yield Server(port, SPEECH, [pid])


def _program() -> str:
    try:
        return str(programs.build("cws"))
    except subprocess.CalledProcessError:
        raise Missing("OpenSSL's headers (Debian: apt-get install libssl-dev)") from None
