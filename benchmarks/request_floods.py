"""The cost of a flood of HTTP requests from one address to a user at another one.

`python -m benchmarks.request_floods [--only NAME]`. The user logs in and sends in turns, alone and
beside each of the `FLOODS`, which a separate process sends as fast as the server reads. The limits
are those of production. Wanted: a p99 below 5 times the one alone, and below 100 ms beside the time
for which a password is hashed.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx
from websockets.asyncio.client import connect

from benchmarks import programs

LIMITS = {
    "BACKCHANNEL_LIMITS_SEND_RATE": "100",
    "BACKCHANNEL_LIMITS_SOCKETS_PER_ADDRESS": "1000",
    "BACKCHANNEL_LIMITS_REGISTRATIONS_PER_ADDRESS": "30",
    "BACKCHANNEL_LIMITS_REQUEST_RATE": "500",
}
ATTACKER, USER = "127.0.0.9", "127.0.0.2"
PASSWORD = "mist over the harbour"  # noqa: S105 - of users who live for a minute
PACE = 0.02
"""Seconds between two sends."""


@dataclass(frozen=True)
class Flood:
    """The bytes that each of some connections sends over and over."""

    request: bytes
    connections: int = 30
    per_connection: int = 1 << 30
    """Requests after which a connection is closed and the next one made."""
    at_once: int = 50
    """Requests that are sent before the first one is answered."""


def get(path: str, fields: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode() + body


def json_of(size: int) -> bytes:
    return json.dumps({"username": "x" * 60, "password": "x" * size}).encode()


UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
LOGIN = json.dumps({"identifier": "nobody", "password": "a wrong guess"}).encode()
FLOODS: Mapping[str, Flood] = {
    "GET /v1/config": Flood(get("/v1/config")),
    "GET of nothing": Flood(get("/v1/nothing")),
    "GET /v1/config, 500 connections": Flood(get("/v1/config"), connections=500, at_once=1),
    "POST /v1/login": Flood(post("/v1/login", LOGIN)),
    "POST of 1 MB": Flood(post("/v1/register", json_of(1_000_000)), at_once=1),
    "a connection for each request": Flood(get("/v1/config"), per_connection=1, at_once=1),
    "polling handshakes": Flood(get("/socket.io/?EIO=4&transport=polling")),
    "WebSocket handshakes": Flood(get("/v1/ws", UPGRADE), per_connection=1, at_once=1),
}


class Sender(asyncio.Protocol):
    """Keeps `at_once` requests in flight; drops the responses."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._sent = self._answered = 0
        self._writable = True
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._fill()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._fill()

    def data_received(self, data: bytes) -> None:
        self._answered += data.count(b"HTTP/1.1 ")
        if self._answered >= self._flood.per_connection:
            self._transport.abort()
        else:
            self._fill()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended
        if not self.closed.done():
            self.closed.set_result(None)

    def _fill(self) -> None:
        flood = self._flood
        room = min(flood.at_once - self._sent + self._answered, flood.per_connection - self._sent)
        if self._writable and room > 0:
            self._sent += room
            self._transport.write(flood.request * room)


async def _send(flood: Flood, port: int) -> None:
    async def one() -> None:
        while True:
            try:
                _, sender = await asyncio.get_running_loop().create_connection(
                    lambda: Sender(flood), "127.0.0.1", port, local_addr=(ATTACKER, 0)
                )
                await sender.closed
            except OSError:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(one() for _ in range(flood.connections)))


def _run(name: str, port: int) -> None:
    asyncio.run(_send(FLOODS[name], port))


@contextmanager
def flooded(name: str | None, port: int) -> Generator[None]:
    if name is None:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(name, port))
    process.start()
    try:
        time.sleep(3)
        yield
    finally:
        process.kill()
        process.join()


def client(port: int) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=USER)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=60)


async def register(port: int) -> None:
    async with client(port) as http:
        for name in ("ada", "bob"):
            account = {"username": name, "password": PASSWORD}
            (await http.post("/v1/register", json=account)).raise_for_status()


async def use(port: int, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each login, on a separate connection, and of each send after it."""
    logins: list[float] = []
    sends: list[float] = []
    for number in range(rounds):
        began = time.perf_counter()
        async with client(port) as http:
            credentials = {"identifier": "ada", "password": PASSWORD}
            answer = (await http.post("/v1/login", json=credentials)).raise_for_status()
        logins.append((time.perf_counter() - began) * 1e3)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        address = f"ws://127.0.0.1:{port}/v1/ws"
        async with connect(address, additional_headers=headers, local_addr=(USER, 0)) as socket:
            for each in range(20):
                client_id = f"{time.time_ns()}-{number}-{each}"
                frame = {"type": "send", "to": "bob", "client_id": client_id, "body": "hi"}
                began = time.perf_counter()
                await socket.send(json.dumps(frame))
                while json.loads(await socket.recv()).get("client_id") != client_id:
                    pass
                sends.append((time.perf_counter() - began) * 1e3)
                await asyncio.sleep(PACE)
    return logins, sends


def figures(times: list[float]) -> str:
    p99 = sorted(times)[len(times) * 99 // 100]
    return f"p50 {statistics.median(times):6.1f} ms  p99 {p99:6.1f} ms"


def measure(only: str | None, rounds: int) -> None:
    port = programs.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        programs.backchannel(Path(folder), port, **LIMITS) as pid,
    ):
        asyncio.run(register(port))
        for name in [None, *FLOODS]:
            if name is not None and only not in {None, name}:
                continue
            with flooded(name, port):
                logins, sends = asyncio.run(use(port, rounds))
                memory = programs.resident(pid) / 2**20
            print(
                f"  {name or 'alone':32} login {figures(logins)}   send {figures(sends)}"
                f"   {memory:4.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=FLOODS)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    measure(options.only, options.rounds)
