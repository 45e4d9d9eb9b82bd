"""The time of one user's send beside another user who does as much work as possible.

Each attack comes from a separate process. The sender's acknowledgements are durable.
"""

import asyncio
import http.client
import io
import itertools
import json
import multiprocessing
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.synchronize import Event
from pathlib import Path

from PIL import Image
from websockets.sync.client import connect

from backchannel.app import open_core
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft
from backchannel.settings import Settings
from benchmarks import people, programs

SENDS = 200
PACE = 0.03
"""Seconds between two sends."""
BIG = "e\u0301ﬃ①" * 6_600
BIG_MESSAGES = 250
ADDRESSES = 400


@dataclass(frozen=True)
class Target:
    """The server, and the user who attacks it."""

    port: int
    token: str
    conversation: str

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        """Send a request and read the response, whatever it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        fields = {"authorization": f"Bearer {self.token}", **headers}
        with suppress(OSError, http.client.HTTPException):
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            while answer.read(1 << 20):
                pass
            if answer.status in {429, 503}:
                time.sleep(0.05)
        connection.close()

    def get(self, path: str) -> None:
        self.ask("GET", path)


def search(target: Target) -> None:
    target.get("/v1/search?q=ffi1&limit=50")


def export(target: Target) -> None:
    target.get("/v1/me/export")


def read_pages(target: Target) -> None:
    target.get(f"/v1/conversations/{target.conversation}/messages?limit=200")
    target.get("/v1/sync?position=0&limit=500")


def leave_unread(target: Target) -> None:
    """Request a page and read none of it for some seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    with suppress(OSError):
        headers = {"authorization": f"Bearer {target.token}"}
        connection.request("GET", "/v1/sync?position=0&limit=500", headers=headers)
        time.sleep(5)
    connection.close()


def upload_bombs(target: Target) -> None:
    boundary = "x" * 20
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="b.png"\r\n\r\n'
    body = head.encode() + _bomb() + f"\r\n--{boundary}--\r\n".encode()
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    target.ask("POST", "/v1/files", body, **kind)


def log_in(target: Target) -> None:
    """Guess a password, each time from the next address of this machine."""
    number = next(_addresses) % ADDRESSES
    source = f"127.0.{1 + number // 200}.{1 + number % 200}"
    connection = http.client.HTTPConnection(
        "127.0.0.1", target.port, timeout=60, source_address=(source, 0)
    )
    with suppress(OSError, http.client.HTTPException):
        body = json.dumps({"identifier": secrets.token_hex(6), "password": "a wrong guess"})
        connection.request("POST", "/v1/login", body, {"content-type": "application/json"})
        connection.getresponse().read()
    connection.close()


ATTACKS: Mapping[str, tuple[Callable[[Target], None], int]] = {
    "alone": (search, 0),
    "searching": (search, 4),
    "exporting": (export, 4),
    "reading pages": (read_pages, 8),
    "leaving pages unread": (leave_unread, 50),
    "uploading decompression bombs": (upload_bombs, 16),
    f"logging in from {ADDRESSES} addresses": (log_in, 100),
}
"""The kinds of work, and the number of threads that do each at once."""

_addresses: Iterator[int] = itertools.count()


def measure(data_dir: Path) -> Mapping[str, tuple[float, float, float]]:
    """Milliseconds of a send beside each attack, p50 and p99, and the server's MiB."""
    tokens, ids = people.make(data_dir, 3)
    users, keys = ids.read_text().split(), tokens.read_text().split()
    asyncio.run(_fill(data_dir, users[1], users[2]))
    figures: dict[str, tuple[float, float, float]] = {}
    port = programs.free_port()
    with programs.backchannel(data_dir, port) as pid:
        target = Target(port, keys[1], direct_conversation_id(users[1], users[2]))
        _send(port, keys[0], users[2])
        for name, (attack, threads) in ATTACKS.items():
            with _attacked(attack, target, threads):
                took = _send(port, keys[0], users[2])
                resident = programs.resident(pid) / (1 << 20)
            p99 = statistics.quantiles(took, n=100)[98]
            figures[name] = statistics.median(took) * 1_000, p99 * 1_000, resident
            time.sleep(2)
    return figures


async def _fill(data_dir: Path, attacker: str, other: str) -> None:
    async with open_core(Settings(data_dir=data_dir)) as core:
        conversation_id = direct_conversation_id(attacker, other)
        for number in range(BIG_MESSAGES):
            draft = Draft(conversation_id, attacker, other, f"big {number}", BIG)
            await core.storage.append([draft], at=core.clock.now())


def _send(port: int, token: str, to: str) -> list[float]:
    """Seconds from each send to its acknowledgement."""
    took: list[float] = []
    with connect(f"ws://127.0.0.1:{port}/v1/ws") as socket:
        socket.send(json.dumps({"type": "hello", "token": token}))
        for _ in range(SENDS):
            client_id = secrets.token_hex(8)
            frame = {"type": "send", "client_id": client_id, "to": to, "body": "message"}
            began = time.perf_counter()
            socket.send(json.dumps(frame))
            while json.loads(socket.recv()).get("client_id") != client_id:
                pass
            took.append(time.perf_counter() - began)
            time.sleep(PACE)
    return took


@contextmanager
def _attacked(attack: Callable[[Target], None], target: Target, threads: int) -> Generator[None]:
    if not threads:
        yield
        return
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_attack, args=(attack, target, threads, begun), daemon=True)
    process.start()
    begun.wait()
    time.sleep(1)
    yield
    process.kill()
    process.join()


def _attack(attack: Callable[[Target], None], target: Target, threads: int, begun: Event) -> None:
    _bomb()  # the cost of attacking is not measured

    def repeat() -> None:
        while True:
            attack(target)

    for _ in range(threads):
        threading.Thread(target=repeat, daemon=True).start()
    begun.set()
    time.sleep(3_600)


@cache
def _bomb() -> bytes:
    """A picture of few bytes that takes seconds to inspect."""
    content = io.BytesIO()
    Image.new("RGB", (8_000, 8_000)).save(content, "PNG")
    return content.getvalue()
