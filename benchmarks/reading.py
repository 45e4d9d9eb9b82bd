"""The memory of idle connections, and the time of reading beside a large table."""

import asyncio
import json
import random
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from backchannel.app import open_core
from backchannel.domain.ids import direct_conversation_id, new_id
from backchannel.domain.messages import Draft
from backchannel.settings import Settings
from benchmarks import people, programs, relay

PEOPLE = 100
MISSED = 1_000
"""Events a device is behind where catching up is measured."""
ROUNDS = 200
BODY = "Hi there, shall we meet at the station at half past eight?"


def open_idle(
    data_dir: Path, load_options: list[str], made: tuple[Path, Path], count: int
) -> tuple[float, float]:
    """Open `count` connections; return how many per second, and the resident bytes of each."""
    tokens, ids = made
    command = [
        str(programs.build("wsload")),
        "--mode=idle",
        "--header=Authorization: Bearer %k",
        *load_options,
        f"--port={relay.PORT}",
        f"--conns={count}",
        f"--keys={tokens}",
        f"--names={ids}",
        "--duration=5",
    ]
    with programs.backchannel(data_dir, relay.PORT) as pid:
        before = programs.resident(pid)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            figures = dict(word.split("=") for word in client.stdout.readline().split()[1:])
            time.sleep(2)
            after = programs.resident(pid)
            client.wait()
    return float(figures["connect_rate"]), (after - before) / count


def measure(data_dir: Path, count: int) -> dict[str, list[float]]:
    """Seconds per request of each kind, on a database of `count` messages."""
    tokens, ids = people.make(data_dir, PEOPLE)
    users, keys = ids.read_text().split(), tokens.read_text().split()
    asyncio.run(_fill(data_dir, users, count))
    with programs.backchannel(data_dir, relay.PORT):
        return {
            "history page of 50 over HTTP": _repeat(lambda: _page(users, keys, 50)),
            f"catch-up of {MISSED:,} events": _repeat(lambda: _catch_up(keys)),
        }


async def _fill(data_dir: Path, users: list[str], count: int) -> None:
    async with open_core(Settings(data_dir=data_dir)) as core:
        for start in range(0, count, 1_000):
            await core.storage.append(
                [_draft(users) for _ in range(min(1_000, count - start))], at=core.clock.now()
            )


def _draft(users: list[str]) -> Draft:
    sender, recipient = random.sample(users, 2)
    return Draft(
        conversation_id=direct_conversation_id(sender, recipient),
        sender_id=sender,
        recipient_id=recipient,
        client_id=new_id(),
        body=BODY,
    )


def _repeat(action: Callable[[], float]) -> list[float]:
    action()
    return [action() for _ in range(ROUNDS)]


def _page(users: list[str], keys: list[str], limit: int) -> float:
    me, other = random.sample(range(PEOPLE), 2)
    conversation = direct_conversation_id(users[me], users[other])
    address = f"http://127.0.0.1:{relay.PORT}/v1/conversations/{conversation}/messages"
    request = urllib.request.Request(
        f"{address}?limit={limit}", headers={"Authorization": f"Bearer {keys[me]}"}
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        answer.read()
    return time.perf_counter() - began


def _catch_up(keys: list[str]) -> float:
    """From `hello` to the end of the last `sync` frame of a device that missed 1,000 events."""
    with connect(f"ws://127.0.0.1:{relay.PORT}/v1/ws", max_size=None) as socket:
        token = random.choice(keys)
        head = _hello(socket, token=token)["position"]
    with connect(f"ws://127.0.0.1:{relay.PORT}/v1/ws", max_size=None) as socket:
        began = time.perf_counter()
        _hello(socket, token=token, position=head - MISSED)
        while json.loads(socket.recv())["more"]:
            pass
        return time.perf_counter() - began


def _hello(socket: ClientConnection, **fields: object) -> dict[str, Any]:
    socket.send(json.dumps({"type": "hello", **fields}))
    welcome: dict[str, Any] = json.loads(socket.recv())
    return welcome
