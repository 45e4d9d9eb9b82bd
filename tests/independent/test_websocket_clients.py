"""Independent tests of `/v1/ws`: npm's ws and Python's websockets talk over it."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.independent.websocket_clients import Client, open_client
from tests.support.native import Person, register
from tests.support.node_client import TIMEOUT
from tests.support.process import ServerProcess, server_process

BODY_LIMIT = 65_536
FRAME_LIMIT = 524_288

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    with server_process(folder, websocket_compression="true") as running:
        yield running


@pytest.fixture(scope="module")
def ada(server: ServerProcess) -> Person:
    return asyncio.run(register(server.address, "ada"))


@pytest.fixture(scope="module")
def bob(server: ServerProcess) -> Person:
    return asyncio.run(register(server.address, "bob"))


@pytest.fixture(params=["deflate", "plain"])
def offer(request: pytest.FixtureRequest) -> str:
    """The client's offers to compress its messages."""
    return str(request.param)


@pytest.fixture(params=["ws", "websockets"])
async def client(
    server: ServerProcess, ada: Person, offer: str, request: pytest.FixtureRequest
) -> AsyncGenerator[Client]:
    """A client that has received the `welcome`."""
    async with welcomed(request.param, server, ada, offer) as opened:
        yield opened


@asynccontextmanager
async def welcomed(
    library: str, server: ServerProcess, person: Person, offer: str, **hello: object
) -> AsyncGenerator[Client]:
    url = f"{server.socket_address}/v1/ws"
    async with open_client(library, url, deflate=offer == "deflate") as opened:
        await opened.send(json.dumps({"type": "hello", "token": person.token, **hello}))
        assert (await opened.receive())["type"] == "welcome"
        yield opened


def sending(to: Person, body: str) -> dict[str, Any]:
    name = f"{random.getrandbits(64):x}"
    return {"type": "send", "to": to.id, "body": body, "client_id": name}


def text_of(size: int) -> str:
    """Text of this many bytes that hardly compresses and is not all ASCII."""
    rng = random.Random(size)
    return "".join(rng.choice("grüße, ж 0123456789abcdefé") for _ in range(size))[: size // 2]


async def acknowledged(client: Client, frame: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(TIMEOUT):  # each heartbeat restarts `receive`'s own
        while (answer := await client.receive()).get("client_id") != frame["client_id"]:
            pass
    assert answer["type"] == "ack", answer
    return dict(answer)


async def delivered(client: Client, message_id: str) -> dict[str, Any]:
    """The message with this id, from an event frame or from a page of the log.

    It is on a page if it was stored before the server had read the log for this client.
    """
    async with asyncio.timeout(TIMEOUT):
        while True:
            frame = await client.receive()
            for event in frame["events"] if frame["type"] == "sync" else [frame]:
                if event.get("kind") == "message" and event["data"]["id"] == message_id:
                    return dict(event["data"])


async def test_compression_is_as_was_offered(client: Client, offer: str) -> None:
    assert client.extensions.startswith("permessage-deflate") == (offer == "deflate")


@pytest.mark.parametrize("size", [2, 125, 126, 2_000, BODY_LIMIT])
async def test_messages_of_every_size(
    server: ServerProcess, client: Client, bob: Person, size: int, offer: str
) -> None:
    async with welcomed("websockets", server, bob, offer) as other:
        frame = sending(bob, text_of(size))
        await client.send(json.dumps(frame))
        ack = await acknowledged(client, frame)
        assert (await delivered(other, ack["id"]))["body"] == frame["body"]


async def test_a_message_from_before_the_login_is_delivered(
    server: ServerProcess, client: Client, bob: Person, offer: str
) -> None:
    frame = sending(bob, text_of(2_000))
    await client.send(json.dumps(frame))
    ack = await acknowledged(client, frame)
    async with welcomed("websockets", server, bob, offer, position=0) as other:
        assert (await delivered(other, ack["id"]))["body"] == frame["body"]


async def test_a_message_in_parts_with_pings_between(client: Client, bob: Person) -> None:
    frame = sending(bob, text_of(20_000))
    text = json.dumps(frame)
    await client.send_in_parts([text[:1], text[1:700], text[700:15_000], text[15_000:]])
    await acknowledged(client, frame)


async def test_a_ping_is_answered_with_its_payload(client: Client) -> None:
    for text in ("", "still there?", "x" * 125):
        await client.ping(text)


async def test_a_close_frame_is_returned(client: Client) -> None:
    await client.close(1000, "done")
    assert (await client.closed())[0] == 1000


async def test_an_oversized_message_closes_with_1009(client: Client, bob: Person) -> None:
    await client.send(json.dumps(sending(bob, "x" * FRAME_LIMIT)))
    assert (await client.closed())[0] == 1009


async def test_invalid_utf_8_closes_with_1007(client: Client) -> None:
    await client.send_invalid_text()
    assert (await client.closed())[0] == 1007
