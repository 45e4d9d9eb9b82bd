"""The server's work for one message, without a network: `python -m benchmarks.cost`.

Frames go straight into the server's sockets, so that no client and no kernel is measured. The
processor time of the fastest quarter of many short rounds varies little, also on a busy machine.
The number of calls of Python and C functions is the same on every machine, except for timers.
"""

import argparse
import asyncio
import gc
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from backchannel.app import open_core
from backchannel.app.endpoints import mount_dialects
from backchannel.budgets.held import HeldBytes
from backchannel.chat.core import Core
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.settings import Settings
from backchannel.transports.http.hosts import Hosts
from backchannel.transports.websocket.endpoint import Accepted, Limits, UpgradeRequest
from backchannel.transports.websocket.protocol import WebSocket
from backchannel.transports.websocket.service import Service
from benchmarks import people

PAIRS = 32
TEXT = "Hi there, shall we meet at the station at half past eight?"
LOADS = {"one at a time": (1, 1), "32 users, 8 each": (32, 8)}
"""The users who send together, and the messages that each of them sends at once."""
ROUND = 64
"""Fewest messages in a round."""
LIMITS = Limits(ping_interval=3_600, ping_timeout=3_600)
"""No client answers pings here."""
MASK = b"\1\2\3\4"


class DialectFrames(NamedTuple):
    """The path of a dialect and its frames; a delivered message is recognised by its beginning."""

    path: str
    send: str
    delivery: bytes
    acknowledge: str = ""


DIALECTS = {
    "native": DialectFrames(
        "/v1/ws",
        '{"type":"send","to":"%(to)s","client_id":"%(number)019d","body":"%(text)s"}',
        b'"kind":"message"',
        '{"type":"ack","position":%d}',
    ),
    "chat_socket": DialectFrames(
        "/chat", '{"receiver":"%(to)s","content":"%(text)s"}', b'"content":"Hi there'
    ),
}


class Client(asyncio.Transport):
    """A user's end of a socket, which reads everything at once and counts its messages."""

    def __init__(self, user_id: str, marker: bytes, arrived: Callable[[int], None]) -> None:
        super().__init__()
        self.user_id = user_id
        self._marker = marker
        self._arrived = arrived
        self.delivered = 0
        self.socket: WebSocket

    def write(self, data: Any) -> None:
        found = data.count(self._marker)
        self.delivered += found
        self._arrived(found)

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: there is no buffer."""

    def pause_reading(self) -> None:
        """Do nothing: bytes are passed in, not read."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def abort(self) -> None:
        raise ConnectionAbortedError("the server gave up a socket")


class Pairs:
    """Pairs of users on the sockets of one dialect."""

    def __init__(self, frames: DialectFrames) -> None:
        self._dialect = frames
        self._numbers = count()
        self._missing = 0
        self._done = asyncio.Event()
        self._clients: list[Client] = []

    async def open(self, core: Core, tokens: list[str], ids: list[str]) -> None:
        connections = ConnectionManager(core)
        websockets = mount_dialects(connections).websockets
        service = Service(websockets, LIMITS, hosts=Hosts(()), held_before_login=HeldBytes())
        for token, user_id in zip(tokens, ids, strict=True):
            client = Client(user_id, self._dialect.delivery, self._arrived)
            headers = {"authorization": f"Bearer {token}"}
            request = UpgradeRequest(
                self._dialect.path, "", headers, ("127.0.0.1", 1), secure=False
            )
            accepted = await websockets[self._dialect.path](request)
            assert isinstance(accepted, Accepted), accepted
            client.socket = WebSocket(service, client, request, accepted.handler, set(), None)
            client.socket.start(b"", b"")
            self._clients.append(client)

    async def round(self, senders: int, each: int, spent: "Spent | None" = None) -> None:
        """Send at least `ROUND` messages, in steps that each wait until all have arrived."""
        steps = max(1, ROUND // (senders * each))
        for step in range(steps):
            await self._step([2 * ((step + n) % PAIRS) for n in range(senders)], each, spent)

    async def _step(self, senders: list[int], each: int, spent: "Spent | None") -> None:
        written = [(self._clients[n], self._frames(n, each)) for n in senders]
        both = 1 if self._dialect.acknowledge else 2  # if the answer contains the message as well
        self._missing += both * len(senders) * each
        self._done.clear()
        if spent is not None:
            spent.begin()
        for client, data in written:
            client.socket.data_received(data)
        async with asyncio.timeout(20):
            await self._done.wait()
        await asyncio.sleep(0)
        if spent is not None:
            spent.end(len(senders) * each)
        self._acknowledge()

    def _frames(self, sender: int, each: int) -> bytes:
        to = self._clients[sender ^ 1].user_id
        values = [{"to": to, "number": next(self._numbers), "text": TEXT} for _ in range(each)]
        return b"".join(_frame(self._dialect.send % value) for value in values)

    def _arrived(self, messages: int) -> None:
        self._missing -= messages
        if self._missing <= 0:
            self._done.set()

    def _acknowledge(self) -> None:
        """Acknowledge, so that the server pushes more."""
        if self._dialect.acknowledge:
            for client in self._clients:
                if client.delivered >= ROUND:
                    client.delivered = 0
                    client.socket.data_received(_frame(self._dialect.acknowledge % 1_000_000_000))


def _frame(text: str) -> bytes:
    """A text frame as a client sends it (RFC 6455, section 5.2), of fewer than 65,536 bytes."""
    payload = text.encode()
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2)
    return head + MASK + bytes(byte ^ MASK[at & 3] for at, byte in enumerate(payload))


class Spent:
    """The processor time of the event loop and of the writer in each round, and their messages."""

    def __init__(self) -> None:
        writer = next(each for each in threading.enumerate() if each.name == "storage-writer")
        assert writer.ident is not None
        self._writer = time.pthread_getcpuclockid(writer.ident)
        self.loop: float = 0.0
        self.writer: float = 0.0
        self.messages: int = 0

    def begin(self) -> None:
        self.writer -= time.clock_gettime(self._writer)
        self.loop -= time.thread_time()

    def end(self, messages: int) -> None:
        self.loop += time.thread_time()
        self.writer += time.clock_gettime(self._writer)
        self.messages += messages


class Calls(Spent):
    """Counts calls, not the time."""

    def __init__(self) -> None:
        super().__init__()
        self._main = threading.get_ident()

    def begin(self) -> None:
        sys.setprofile(self._note)

    def end(self, messages: int) -> None:
        sys.setprofile(None)
        self.messages += messages

    def _note(self, _frame: object, event: str, _argument: object) -> None:
        if event in {"call", "c_call"}:
            self.loop += 1


async def _measure(
    folder: Path, frames: DialectFrames, rounds: int
) -> dict[str, tuple[float, ...]]:
    tokens, ids = (path.read_text().split() for path in (folder / "tokens", folder / "ids"))
    figures: dict[str, tuple[float, ...]] = {}
    async with open_core(Settings(data_dir=folder), serving=True) as core:
        pairs = Pairs(frames)
        await pairs.open(core, tokens, ids)
        gc.freeze()
        for name, load in LOADS.items():
            for _ in range(3):
                await pairs.round(*load)
            spent = [Spent() for _ in range(rounds)]
            for each in spent:
                await pairs.round(*load, each)
            calls = Calls()
            await pairs.round(*load, calls)
            loop = sorted(each.loop / each.messages for each in spent)[rounds // 4]
            writer = sorted(each.writer / each.messages for each in spent)[rounds // 4]
            figures[name] = loop * 1e6, writer * 1e6, calls.loop / calls.messages
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="rounds of each load")
    options = parser.parse_args()
    print("one message: microseconds of the event loop and of the writer, calls on the event loop")
    for dialect, frames in DIALECTS.items():
        with tempfile.TemporaryDirectory() as folder:
            people.make(Path(folder), 2 * PAIRS)
            figures = uvloop.run(_measure(Path(folder), frames, options.rounds))
        for load, (loop, writer, calls) in figures.items():
            print(f"  {dialect:12} {load:18} {loop:8.1f} {writer:8.1f} {calls:8.1f}")


if __name__ == "__main__":
    main()
