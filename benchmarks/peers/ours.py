"""Backchannel: the native dialect on its embedded defaults."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import people, programs
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


@dataclass(frozen=True)
class Backchannel:
    name: str = "Backchannel"
    kept: str = "synced"
    idle: int = MANY

    @contextmanager
    def serve(self, folder: Path, clients: int) -> Iterator[Server]:
        tokens, ids = people.make(folder, clients)
        users = list(zip(ids.read_text().split(), tokens.read_text().split(), strict=True))
        speech = [*NATIVE, f"--keys={tokens}", f"--names={ids}"]
        port = programs.free_port()
        with programs.backchannel(folder, port) as pid:
            yield Server(port, speech, [pid], users)
