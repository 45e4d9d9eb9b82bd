"""Clients that do not read their answers cost bounded memory, and no other client (R13)."""

import contextlib
import socket
import time
from collections.abc import Generator
from typing import Any, cast

import httpx
import pytest
from litestar.types import Receive, Scope, Send

from backchannel.chat.logins import Identity
from backchannel.dialects.shared.edge import Edge, EdgePolicy
from backchannel.dialects.shared.unread import IN_ALL, PER_CLIENT, UnreadAnswers
from tests.support.server import serving

LONG = 4 << 20
"""Bytes of an answer: the kernel keeps less of one that is not read."""
FITTING = PER_CLIENT // LONG


class Served:
    """An application whose one long answer goes to the user that the path names."""

    def __init__(self) -> None:
        self.edge = Edge(cast("Any", _answer), EdgePolicy(), {})
        self.address = ""

    @property
    def unread(self) -> UnreadAnswers:
        return self.edge._unread

    def read(self, user: str) -> httpx.Response:
        return httpx.get(f"{self.address}/{user}", timeout=60)

    def leave_unread(self, user: str) -> socket.socket:
        """Ask for an answer, and do not read it."""
        port = int(self.address.rpartition(":")[2])
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", port))
        client.sendall(f"GET /{user} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        return client


async def _answer(scope: Scope, _receive: Receive, send: Send) -> None:
    name = scope["path"].strip("/")
    scope["user"] = Identity(name, name, name, 0)
    headers = [(b"content-length", b"%d" % LONG)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(LONG), "more_body": False})


@pytest.fixture
def served() -> Generator[Served]:
    served = Served()
    with serving(served.edge) as served.address:
        yield served


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_R13_a_client_that_does_not_read_is_refused_further_answers(served: Served) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(FITTING):
            stack.enter_context(served.leave_unread("greedy"))
        _until(lambda: served.unread.total == FITTING * LONG)
        refused = served.read("greedy")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["code"] == "overloaded"
        assert len(served.read("other").content) == LONG
    _until(lambda: served.unread.total == 0)
    assert len(served.read("greedy").content) == LONG


def test_R13_clients_that_do_not_read_leave_room_for_those_that_do(served: Served) -> None:
    clients = 2 * IN_ALL // PER_CLIENT
    with contextlib.ExitStack() as stack:
        for number in range(clients * FITTING):
            stack.enter_context(served.leave_unread(f"greedy{number % clients}"))
            assert served.unread.total <= IN_ALL
        for _ in range(9):
            assert len(served.read("other").content) == LONG
            assert served.unread.total <= IN_ALL
    _until(lambda: served.unread.total == 0)
