"""Clients that do not read their responses cost bounded memory, and affect no others (R13)."""

import contextlib
import socket
import time
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from litestar.types import HTTPRequestEvent, Receive, Scope, Send

from backchannel.budgets.held import MOST_HELD, TLS_BUFFERS, HeldBytes
from backchannel.budgets.pace import Pace
from backchannel.chat.logins import Identity
from backchannel.http.edge import Edge, EdgePolicy
from backchannel.http.exchange import IN_ALL, PER_CLIENT, Incoming, UnreadAnswers
from tests.support.server import serving

LONG = 4 << 20
"""Bytes of an answer: the kernel keeps less of one that is not read."""
FITTING = PER_CLIENT // LONG


class Served:
    """An application that sends one long response to the user in the path."""

    def __init__(self) -> None:
        self.edge = Edge(cast("Any", _answer), EdgePolicy(), {})
        self.address = ""

    @property
    def unread(self) -> UnreadAnswers:
        return self.edge._unread

    def read(self, user: str) -> httpx.Response:
        return httpx.get(f"{self.address}/{user}", timeout=60)

    def leave_unread(self, user: str) -> socket.socket:
        """Send a request, and do not read the response."""
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


def test_R13_clients_that_do_not_read_leave_room_for_others(served: Served) -> None:
    clients = 2 * IN_ALL // PER_CLIENT
    with contextlib.ExitStack() as stack:
        for number in range(clients * FITTING):
            stack.enter_context(served.leave_unread(f"greedy{number % clients}"))
            assert served.unread.total <= IN_ALL
        for _ in range(9):
            assert len(served.read("other").content) == LONG
            assert served.unread.total <= IN_ALL
    _until(lambda: served.unread.total == 0)


async def _hold_over_tls(held: HeldBytes, size: int, *, more_body: bool) -> Incoming:
    """Receive this many bytes of an unauthenticated client's body over TLS."""

    async def receive() -> HTTPRequestEvent:
        return {"type": "http.request", "body": bytes(size), "more_body": more_body}

    cycle = cast("Any", SimpleNamespace(scope={"scheme": "https"}, more_body=more_body))
    scope = cast("Any", {"type": "http", "client": ("192.0.2.1", 1)})
    body = Incoming(receive, scope, held, Pace(), cycle)
    await body()
    return body


async def test_S18_a_thousand_users_may_log_in_over_tls_at_the_same_time() -> None:
    held = HeldBytes()
    logins = [await _hold_over_tls(held, 100, more_body=False) for _ in range(1_000)]
    assert held.total < MOST_HELD
    assert not any(each.given_up for each in logins)


async def test_S18_the_buffers_of_an_unfinished_body_over_tls_count() -> None:
    held = HeldBytes()
    held_by = await _hold_over_tls(held, 100, more_body=True)
    assert held.total > TLS_BUFFERS
    held_by.forget()
    assert held.total == 0
