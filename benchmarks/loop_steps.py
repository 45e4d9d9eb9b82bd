"""The longest step of each use case on the event loop.

The server runs on asyncio's own loop in this thread, and the client in another one, so that only
steps of the server count. Times are CPU time of the loop's thread, which hardly depends on other
load.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping
from itertools import count
from math import inf
from pathlib import Path
from typing import Any

import httpx
from httpx import codes
from websockets.sync.client import connect

from backchannel.chat.core import Core
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft
from tests.support import media
from tests.support.chat_server import chat_server
from tests.support.core import PASSWORD, make_core, make_user
from tests.support.steps import Steps, measured_steps

BIG = "e\u0301ﬃ①" * 5_000
"""A text of the largest size, of the kind that is slowest to search."""
BIG_MESSAGES = 40
SMALL_MESSAGES = 600

FIRST_TIME = {"description of the API"}
"""The use cases that are measured without a run before: later, they cost nothing."""

AIM = 0.005
"""Seconds that no step should take."""
ATTEMPTS = 5
"""Runs of a use case that takes longer: other programs slow down a run, a fault slows down each."""

Figures = Mapping[str, tuple[float, str]]
"""The longest step of each use case in seconds, and what ran in it."""


def measure(database: str | None = None) -> Figures:
    """Run every use case once to warm up, and once to be measured; again if a step took too long.

    Without the URL of an empty database on a SQLite file.
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder), database))


def table(figures: Figures) -> str:
    """The figures in milliseconds, the longest first."""
    lines = [f"longest steps of the event loop; none should take {AIM * 1_000:.0f} ms"]
    for name, (seconds, what) in sorted(figures.items(), key=lambda each: -each[1][0]):
        lines.append(f"  {name:24} {seconds * 1_000:6.1f} ms   {what if seconds > AIM else ''}")
    return "\n".join(lines)


async def _measure(folder: Path, database: str | None) -> Figures:
    async with make_core(folder, database=database) as core, chat_server(core) as server:
        await _fill(core)
        with measured_steps() as steps:
            return await asyncio.to_thread(_run, server.address, server.socket_address, steps)


async def _fill(core: Core) -> None:
    """Ada's conversation with Bob has small messages, her conversation with Eve the largest."""
    ada, bob, eve = [(await make_user(core, name)).id for name in ("ada", "bob", "eve")]
    small = [
        Draft(direct_conversation_id(ada, bob), ada, bob, f"small {n}", f"message {n}")
        for n in range(SMALL_MESSAGES)
    ]
    big = [
        Draft(direct_conversation_id(ada, eve), eve, ada, f"big {n}", BIG)
        for n in range(BIG_MESSAGES)
    ]
    for start in range(0, SMALL_MESSAGES, 200):
        await core.storage.append(small[start : start + 200], at=core.clock.now())
    await core.storage.append(big, at=core.clock.now())


def _run(address: str, socket_address: str, steps: Steps) -> Figures:
    figures: dict[str, tuple[float, str]] = {}
    with httpx.Client(base_url=address, timeout=60) as http:
        for name, use in _Client(http, socket_address).use_cases().items():
            if name not in FIRST_TIME:
                use()
            figures[name] = longest_step(use, steps, attempts=1 if name in FIRST_TIME else ATTEMPTS)
    return figures


def longest_step(
    use: Callable[[], object], steps: Steps, *, attempts: int = ATTEMPTS
) -> tuple[float, str]:
    """The longest step of a use case in seconds, and what ran in it, in its best run."""
    best = inf, ""
    for _ in range(attempts):
        steps.take()
        use()
        what = steps.what
        best = min(best, (steps.take(), what))
        if best[0] <= AIM:
            break
    return best


class _Client:
    """Ada, over HTTP and over sockets of the native dialect."""

    def __init__(self, http: httpx.Client, socket_address: str) -> None:
        self._http = http
        self._socket_address = f"{socket_address}/v1/ws"
        self._names = count(1)
        self._read_up_to = 0
        self._eve, self._bob, self._ada = [self._log_in(each) for each in ("eve", "bob", "ada")]

    def use_cases(self) -> Mapping[str, Callable[[], object]]:
        """The use cases, each of which can run any number of times."""
        with_bob, with_eve = self._conversation(self._bob), self._conversation(self._eve)
        return {
            "register": lambda: self._register("new"),
            "login": lambda: self._log_in("ada"),
            "session": lambda: self._post("/v1/sessions", key=self._new("session")),
            "send over REST": lambda: self._send("message"),
            "send the largest": lambda: self._send(BIG),
            "send over a socket": self._send_over_socket,
            "catch up over a socket": lambda: self._catch_up(self._bob, 0),
            "catch up, large": lambda: self._catch_up(self._ada, SMALL_MESSAGES),
            "receipts": lambda: self._read(with_eve),
            "react": lambda: self._ask("PUT", f"{with_eve}/messages/1/reactions/%F0%9F%91%8D"),
            "conversations": lambda: self._ask("GET", "/v1/conversations"),
            "history, small": lambda: self._ask("GET", f"{with_bob}/messages?limit=200"),
            "history, large": lambda: self._ask("GET", f"{with_eve}/messages?limit=200"),
            "sync, small": lambda: self._ask("GET", "/v1/sync?position=0&limit=500"),
            "sync, large": lambda: self._ask("GET", f"/v1/sync?position={SMALL_MESSAGES}"),
            "search": lambda: self._ask("GET", "/v1/search?q=ffi1&limit=50"),
            "export": lambda: self._ask("GET", "/v1/me/export"),
            "upload of a text": lambda: self._upload(b"words \n" * 100_000),
            "upload of a picture": lambda: self._upload(media.jpeg()),
            "refuse the largest request": self._send_too_much,
            "erase": self._erase,
            "description of the API": lambda: self._ask("GET", "/docs/openapi.json"),
        }

    def _send_over_socket(self) -> None:
        with connect(self._socket_address) as socket:
            socket.send(json.dumps({"type": "hello", "token": self._ada["token"]}))
            socket.recv()
            for _ in range(50):
                sent = {"type": "send", "client_id": self._new("key"), "to": self._bob["id"]}
                socket.send(json.dumps({**sent, "body": "message"}))
            for _ in range(50):
                socket.recv()

    def _catch_up(self, person: Mapping[str, str], position: int) -> None:
        with connect(self._socket_address, max_size=None) as socket:
            hello = {"type": "hello", "token": person["token"], "position": position}
            socket.send(json.dumps(hello))
            socket.recv()
            while json.loads(socket.recv()).get("more", True):
                pass

    def _read(self, conversation: str) -> None:
        self._read_up_to += 1
        self._ask("PUT", f"{conversation}/read", json={"seq": self._read_up_to})

    def _erase(self) -> None:
        self._log_in(self._register("gone"))
        self._ask("DELETE", "/v1/me", json={"password": PASSWORD})
        self._log_in("ada")

    def _register(self, name: str) -> str:
        username = self._new(name)
        self._post("/v1/register", username=username, password=PASSWORD)
        return username

    def _log_in(self, name: str) -> dict[str, str]:
        answer = self._post("/v1/login", identifier=name, password=PASSWORD).json()
        self._http.headers["authorization"] = f"Bearer {answer['access_token']}"
        return {"id": answer["user"]["id"], "token": answer["access_token"]}

    def _send(self, body: str) -> None:
        self._post("/v1/messages", to=self._bob["id"], body=body)

    def _send_too_much(self) -> None:
        body = b'{"to":"%s","body":"%s"}' % (self._bob["id"].encode(), rb"\u0061" * 170_000)
        refused = self._http.post("/v1/messages", content=body)
        assert refused.status_code == codes.BAD_REQUEST, refused.text

    def _upload(self, content: bytes) -> None:
        self._ask("POST", "/v1/files", files={"file": ("name", content)})

    def _post(self, path: str, **body: object) -> httpx.Response:
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self._http.request(method, path, **given).raise_for_status()

    def _conversation(self, other: Mapping[str, str]) -> str:
        return f"/v1/conversations/{direct_conversation_id(self._ada['id'], other['id'])}"

    def _new(self, name: str) -> str:
        return f"{name}{next(self._names)}"
