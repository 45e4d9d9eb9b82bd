"""Requests for the sessions of other nodes end, even if no answer comes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from backchannel.transports.engineio import relay as relays
from backchannel.transports.engineio.relay import Forwarded, Relay
from backchannel.transports.engineio.requests import Message, Receive, Rejected, Response


class Node:
    """A node on a bus in this process: its packets wait until `carry`."""

    def __init__(self, name: str) -> None:
        self.node_id = name
        self.sent: list[tuple[str, bytes]] = []
        self.take: list[Callable[[bytes, str], None]] = []
        self.lose: list[Callable[[str | None], None]] = []
        self.forget: list[Callable[[str], None]] = []

    def send(self, node_id: str, packet: bytes) -> None:
        self.sent.append((node_id, packet))

    def knows(self, node_id: str) -> bool:
        return node_id != self.node_id

    def listen_packets(self, listener: Callable[[bytes, str], None]) -> None:
        self.take.append(listener)

    def listen_losses(self, listener: Callable[[str | None], None]) -> None:
        self.lose.append(listener)

    def listen_gone(self, listener: Callable[[str], None]) -> None:
        self.forget.append(listener)

    def carry(self, other: "Node") -> None:
        """Deliver the packets that were sent to the other node."""
        packets, self.sent = self.sent, []
        for _, packet in packets:
            other.take[0](packet, self.node_id)


@asynccontextmanager
async def forwarded(here: Node, relay: Relay, method: str) -> AsyncIterator[asyncio.Task[Response]]:
    """Forward a request of a client that stays connected to the node `there`."""

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("the client stays")

    request = relay.forward("there", receive, method=method, query="", content_type="", body=b"4")
    task = asyncio.create_task(request)
    while not here.sent:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0)
    yield task
    async with asyncio.timeout(30):
        await asyncio.wait([task])


async def serve(request: Forwarded, receive: Receive) -> Response:
    return Response(b"ok")


@pytest.fixture
def here() -> Node:
    return Node("here")


@pytest.fixture
def relay(here: Node) -> Relay:
    return Relay(here, here, timeout=300)


async def test_R12_a_node_does_not_wait_for_lost_answers_before_it_ends(
    here: Node, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "LAST_ANSWERS", 0.01)
    async with (
        forwarded(here, relay, "POST") as post,
        forwarded(here, relay, "GET") as poll,
    ):
        relay.drain()
    async with forwarded(here, relay, "POST") as late:
        pass
    for each in (post, poll, late):
        assert isinstance(each.exception(), Rejected)


async def test_R12_a_node_that_ends_passes_on_the_answer_to_a_post(
    here: Node, relay: Relay
) -> None:
    there = Node("there")
    Relay(there, there, timeout=300).serve(serve)
    async with forwarded(here, relay, "POST") as post:
        relay.drain()
        here.carry(there)
        while not there.sent:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
        there.carry(here)
    assert post.result().body == b"ok"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_R15_requests_that_may_be_lost_end_when_the_bus_is_back(
    here: Node, relay: Relay, method: str
) -> None:
    async with forwarded(here, relay, method) as request:
        here.lose[0]("a user's events")
        await asyncio.sleep(0)
        assert not request.done()
        here.lose[0](None)
    assert isinstance(request.exception(), Rejected)


async def test_R16_requests_end_with_the_node_they_wait_for(here: Node, relay: Relay) -> None:
    async with forwarded(here, relay, "GET") as poll:
        here.forget[0]("another")
        await asyncio.sleep(0)
        assert not poll.done()
        here.forget[0]("there")
    assert isinstance(poll.exception(), Rejected)
