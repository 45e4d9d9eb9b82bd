"""Many requests from one address do not delay a request from another (R13)."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from typing import Any, cast

import pytest
from litestar.types import HTTPRequestEvent, Receive, Scope, Send

from backchannel.app.endpoints import paced
from backchannel.budgets import pace as paces
from backchannel.budgets.held import HeldBytes
from backchannel.budgets.pace import AT_ONCE, Pace
from backchannel.http.edge import Edge, EdgePolicy
from backchannel.http.exchange import LARGE, Incoming
from backchannel.transports.websocket.endpoint import Refused, UpgradeRequest
from tests.support.server import serving

CROWD = 50
PROXIES = (ipaddress.ip_network("127.0.0.1"),)


class Served:
    """An application that records which requests begin, and at `/first` blocks the event loop."""

    def __init__(self, policy: EdgePolicy) -> None:
        self.edge = Edge(cast("Any", self._answer), policy, {})
        self.port = 0
        self.begun: list[str] = []
        self.held_up, self.go_on = threading.Event(), threading.Event()

    async def _answer(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.begun.append(scope["path"])
        if scope["path"] == "/first":
            self.held_up.set()
            self.go_on.wait(30)
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.fixture(params=["direct", "behind a proxy"])
def served(request: pytest.FixtureRequest) -> Generator[Served]:
    proxied = request.param != "direct"
    served = Served(EdgePolicy(trusted_proxies=PROXIES if proxied else ()))
    with serving(served.edge) as address:
        served.port = int(address.rpartition(":")[2])
        yield served
        served.go_on.set()


def ask(client: socket.socket, path: str, fields: Mapping[str, str]) -> None:
    lines = [f"GET {path} HTTP/1.1", "host: localhost", *(f"{k}: {v}" for k, v in fields.items())]
    client.sendall("\r\n".join([*lines, "", ""]).encode())


def test_R13_a_crowd_of_one_address_begins_after_others(
    served: Served, request: pytest.FixtureRequest
) -> None:
    proxied = "proxy" in request.node.name
    with ExitStack() as open_sockets:

        def connect(address: str) -> tuple[socket.socket, dict[str, str]]:
            """A connection of this address, or of a proxy on its behalf."""
            source = "127.0.0.1" if proxied else address
            client = socket.create_connection(
                ("127.0.0.1", served.port), timeout=30, source_address=(source, 0)
            )
            return open_sockets.enter_context(client), (
                {"x-forwarded-for": address} if proxied else {}
            )

        first, *crowd = [connect("127.0.0.8") for _ in range(CROWD + 1)]
        user = connect("127.0.0.9")
        for client, fields in [first, *crowd, user]:  # so that all of them are accepted
            ask(client, "/before", fields)
            assert client.recv(1_000).startswith(b"HTTP/1.1 200")
        ask(first[0], "/first", first[1])
        assert served.held_up.wait(30)
        for client, fields in crowd:
            ask(client, "/crowd", fields)
        ask(user[0], "/user", user[1])
        served.go_on.set()
        for client, _ in [*crowd, user]:
            assert client.recv(1_000).startswith(b"HTTP/1.1 200")
    during = served.begun[served.begun.index("/first") :]
    assert during.count("/crowd") == CROWD
    assert during.index("/user") <= 3 * AT_ONCE


@pytest.mark.parametrize(("size", "turns"), [(LARGE - 1, 0), (LARGE, 1)])
async def test_R13_a_large_piece_of_a_body_waits_for_a_turn(size: int, turns: int) -> None:
    addresses: list[str] = []

    def exempt(address: str) -> bool:
        addresses.append(address)
        return True

    async def receive() -> HTTPRequestEvent:
        return {"type": "http.request", "body": bytes(size), "more_body": False}

    scope = cast("Any", {"type": "http", "client": ("192.0.2.1", 1)})
    await Incoming(receive, scope, HeldBytes(), Pace(exempt=exempt), None)()
    assert addresses == ["192.0.2.1"] * turns


async def test_R14_a_handshake_that_may_not_wait_is_told_when_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paces, "WAITING", 0)

    async def endpoint(request: UpgradeRequest) -> Refused:
        return Refused(401)

    in_turn = paced(endpoint, Pace())
    request = UpgradeRequest("/", "", {}, ("192.0.2.1", 1), secure=False)
    *admitted, refused = await asyncio.gather(*(in_turn(request) for _ in range(AT_ONCE + 1)))
    assert admitted == [Refused(401)] * AT_ONCE
    assert isinstance(refused, Refused)
    assert refused.status == 503
    assert "retry-after" in {name.lower() for name, _ in refused.headers}
