"""From one client to another: over our dialects, which store each message, and over peers."""

import statistics
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import people, programs

PORT = 9400
TEXT = "Hi there, shall we meet at the station at half past eight? ts=%t"
PAIRS = 32
WINDOW = 32
"""Messages in flight per sender at saturation."""
PACE = 2_000
"""Messages a second, in all, where latency is measured."""

Figures = dict[str, float]


@dataclass(frozen=True)
class Contender:
    """A server, and the options of the load generator for it."""

    name: str
    server: Callable[[], AbstractContextManager[list[str]]]
    """Runs it; gives what the load generator needs to know of its users."""
    load_options: list[str] = field(default_factory=list[str])

    def run(self, runs: int, **load: object) -> list[Figures]:
        """The figures of several runs against one process."""
        with self.server() as users:
            options = ["--mode=relay", f"--port={PORT}", "--ts-key=ts=", *self.load_options, *users]
            return [programs.load(*options, conns=2 * PAIRS, **load) for _ in range(runs)]


@contextmanager
def _ours() -> Generator[list[str]]:
    """Our server on an empty database with users who are logged in."""
    with tempfile.TemporaryDirectory() as folder:
        tokens, ids = people.make(Path(folder), 2 * PAIRS)
        with programs.backchannel(Path(folder), PORT):
            yield ["--header=Authorization: Bearer %k", f"--keys={tokens}", f"--names={ids}"]


def _program(*command: str) -> Callable[[], AbstractContextManager[list[str]]]:
    @contextmanager
    def serve() -> Generator[list[str]]:
        with programs.running(list(command)):
            programs.wait_for_port(PORT)
            yield []

    return serve


SOCKET_IO = [
    "--path=/socket.io/?EIO=4&transport=websocket",
    "--greet=0{",
    "--ready=40{",
    "--beat=2=3",
]
RELAYED = [
    *SOCKET_IO,
    '--first=40{"name":"u%i"}',
    '--payload=42["message",{"to":"u%p","text":"' + TEXT + '"}]',
]

DIALECTS = {
    "native": [
        "--path=/v1/ws",
        '--payload={"type":"send","to":"%q","client_id":"%i-%d-%t","body":"' + TEXT + '"}',
        '--ready={"type":"sync"',
        '--confirm={"type":"ack","position":%n}',
    ],
    "chat_socket": ["--path=/chat", '--payload={"receiver":"%q","content":"' + TEXT + '"}'],
    "event_socket": [
        "--path=/websocket",
        '--payload={"sender":"u%i","receiver":"u%p","content":"' + TEXT + '"}',
    ],
    "user_rooms": [
        *SOCKET_IO,
        "--first=40",
        '--payload=42["chat message",{"sender":"%u","receiver":"%q","content":"' + TEXT + '"}]',
        '--delivery=42["chat message"',
    ],
}
DURABLE = [Contender(name, _ours, load_options) for name, load_options in DIALECTS.items()]


def bare() -> list[Contender]:
    """Relays without storage: what transports alone can do."""
    contenders = [
        Contender(
            "C, epoll",
            _program(str(programs.build("cws")), str(PORT)),
            [
                "--path=/relay/u%i",
                '--payload={"type":"msg","to":"u%p","id":%d,"text":"' + TEXT + '"}',
            ],
        ),
        Contender(
            "our Socket.IO",
            _program(sys.executable, "-m", "benchmarks.socketio_relay", str(PORT)),
            RELAYED,
        ),
    ]
    node = programs.node_program("socketio_relay.cjs")
    if node is not None:
        contenders.append(Contender("Node socket.io", _program(*node, str(PORT)), RELAYED))
    return contenders


def median(runs: list[Figures], name: str) -> float:
    return statistics.median(run[name] for run in runs)
