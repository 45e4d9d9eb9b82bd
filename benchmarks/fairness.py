"""The effect of one user's load on another: `python -m benchmarks.fairness [--only NAME]`.

A user sends a message every 50 ms and waits for its acknowledgement, alone and beside another user
who does one of the `SCENARIOS` from a separate process. To add one, write a coroutine that takes an
`Attacker` and continues until it is cancelled, and name it there. The limits are those of
production. Wanted: a p99 below 5 times the one alone, and below 100 ms.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks import people, programs

PRODUCTION = {"BACKCHANNEL_LIMITS_SEND_RATE": "100", "BACKCHANNEL_LIMITS_SOCKETS_PER_USER": "32"}
PACE = 0.05


@dataclass(frozen=True)
class Attacker:
    """The user who does as much harm as possible; `peer` is a third user."""

    port: int
    token: str
    peer: str


def open_socket(port: int, token: str) -> connect:
    headers = {"Authorization": f"Bearer {token}"}
    return connect(f"ws://127.0.0.1:{port}/v1/ws", additional_headers=headers, max_size=None)


def flood(sockets: int, frame: Callable[[Attacker, int], dict[str, object]]) -> "Scenario":
    """Send a frame over and over on each of some sockets, as fast as the server reads."""

    async def one(attacker: Attacker, index: int) -> None:
        while True:
            with contextlib.suppress(ConnectionClosed, OSError):
                async with open_socket(attacker.port, attacker.token) as socket:
                    reading = asyncio.create_task(_drop(socket))
                    try:
                        for number in range(sys.maxsize):
                            named = index * 10**9 + number
                            await socket.send(json.dumps(frame(attacker, named)))
                    finally:
                        reading.cancel()
            await asyncio.sleep(0.1)

    async def attack(attacker: Attacker) -> None:
        await asyncio.gather(*(one(attacker, index) for index in range(sockets)))

    return attack


async def _drop(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass


def message(body: str) -> Callable[[Attacker, int], dict[str, object]]:
    return lambda attacker, number: {
        "type": "send",
        "to": attacker.peer,
        "client_id": f"{time.time_ns()}-{number}",
        "body": body,
    }


def typing(_: Attacker, number: int) -> dict[str, object]:
    return {"type": "typing", "conversation_id": "none", "active": bool(number % 2)}


Scenario = Callable[[Attacker], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {
    "60 KB messages, 30 sockets": flood(30, message("x" * 60_000)),
    "20 bytes, 1 socket": flood(1, message("x" * 20)),
    "20 bytes, 30 sockets": flood(30, message("x" * 20)),
    "typing, 30 sockets": flood(30, typing),
    "pings, 30 sockets": flood(30, lambda _attacker, _number: {"type": "ping"}),
    "invalid frames, 30 sockets": flood(30, lambda _attacker, _number: {"type": "nonsense"}),
}


def _run(name: str, attacker: Attacker) -> None:
    asyncio.run(SCENARIOS[name](attacker))  # type: ignore[arg-type]


@contextmanager
def attacking(name: str | None, attacker: Attacker) -> Generator[None]:
    if name is None:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(name, attacker))
    process.start()
    try:
        time.sleep(2)
        yield
    finally:
        process.kill()
        process.join()


async def send_steadily(port: int, token: str, peer: str, seconds: float) -> list[float]:
    """Milliseconds from each message to its acknowledgement."""
    times: list[float] = []
    async with open_socket(port, token) as socket:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.perf_counter()
            name = f"{time.time_ns()}"
            await socket.send(
                json.dumps({"type": "send", "to": peer, "client_id": name, "body": "hi"})
            )
            while json.loads(await socket.recv()).get("client_id") != name:
                pass
            times.append((time.perf_counter() - began) * 1e3)
            await asyncio.sleep(PACE)
    return times


def measure(only: str | None, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tokens, ids = (each.read_text().split() for each in people.make(Path(folder), 4))
        port = programs.free_port()
        with programs.backchannel(Path(folder), port, **PRODUCTION) as pid:
            attacker = Attacker(port, tokens[2], ids[3])
            for name in [None, *SCENARIOS]:
                if only not in {None, name} and name is not None:
                    continue
                before = programs.resident(pid)
                with attacking(name, attacker):
                    times = asyncio.run(send_steadily(port, tokens[0], ids[1], seconds))
                    grown = (programs.resident(pid) - before) / 2**20
                p99 = sorted(times)[len(times) * 99 // 100]
                p50 = statistics.median(times)
                label = name or "alone"
                print(f"  {label:28} p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  {grown:+6.1f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=SCENARIOS)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    measure(options.only, options.seconds)
