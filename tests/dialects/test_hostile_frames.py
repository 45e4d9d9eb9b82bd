"""Hostile frames and events in every dialect: each gets an error, and affects no other."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from tests.support.chat_server import ChatServer
from tests.support.database import busy
from tests.support.plain_socket import PATIENCE, ClientSocket, Person, connected
from tests.support.socketio_client import socketio_connected

Say = Callable[[str, str, int], object]
"""A frame: its receiver, its text and a number that makes its client id."""

SPOKEN: dict[str, tuple[str, Say]] = {
    "native": (
        "/v1/ws",
        lambda to, text, number: {
            "type": "send",
            "to": to,
            "body": text,
            "client_id": f"c{number}",
        },
    ),
    "chat_socket": ("/chat", lambda to, text, _: {"receiver": to, "content": text}),
    "event_socket": ("/websocket", lambda to, text, _: {"receiver": to, "content": text}),
    "user_rooms": (
        "socket.io",
        lambda to, text, _: {"event": "chat message", "data": {"receiver": to, "content": text}},
    ),
    "queued_messages": (
        "socket.io",
        lambda to, text, _: {"event": "sendMessage", "data": {"receiver_id": to, "content": text}},
    ),
}
HARMFUL = ["\0", "a\0b", "x" * 400_000, "\u202e" * 100, "", " ", "'; --", "../..", "%00"]


@asynccontextmanager
async def speaking(server: ChatServer, path: str, person: Person) -> AsyncIterator[ClientSocket]:
    async with AsyncExitStack() as stack:
        if path == "socket.io":
            yield await stack.enter_async_context(socketio_connected(server, person))
        else:
            (client,) = await stack.enter_async_context(connected(server, path, person))
            yield client


async def stored_up_to(server: ChatServer, person: Person, last: str) -> list[str]:
    """The texts in a user's log, once `last` is among them."""
    async with asyncio.timeout(PATIENCE):
        while True:
            page = await server.core.storage.log(person.id, after=0, limit=500)
            bodies = [each.payload.content.body for each in page.events]  # type: ignore[union-attr]
            if last in bodies:
                return bodies
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("dialect", SPOKEN)
async def test_R1_S24_no_message_is_lost_to_hostile_receivers(
    server: ChatServer, ada: Person, bob: Person, eve: Person, dialect: str
) -> None:
    path, sending = SPOKEN[dialect]
    async with speaking(server, path, eve) as hostile, speaking(server, "/v1/ws", ada) as ordinary:
        async with busy(server.core.storage):
            for number, text in enumerate(HARMFUL):
                await ordinary.send(SPOKEN["native"][1](bob.id, f"fine {number}", number))
                await hostile.send(sending(text, "harm", number))
                await hostile.send(sending(bob.id, text, number + 100))
        await hostile.send(sending(bob.id, "still here", 999))
        await stored_up_to(server, bob, f"fine {len(HARMFUL) - 1}")
        bodies = await stored_up_to(server, bob, "still here")
    assert [each for each in bodies if each.startswith("fine")] == [
        f"fine {number}" for number in range(len(HARMFUL))
    ]
    assert "harm" not in bodies


@pytest.mark.parametrize("path", ["/v1/ws", "/chat", "/websocket"])
@pytest.mark.parametrize("opening", ["[", '{"data":', '{"event":"message","data":['])
async def test_S12_deep_nesting_gets_an_error_frame_and_no_line_in_the_log(
    server: ChatServer, ada: Person, path: str, opening: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with speaking(server, path, ada) as client:
        await client.receive_all(2 if path == "/v1/ws" else 0)  # the welcome and the log
        caplog.clear()
        for depth in (500, 2_000, 20_000):
            assert (await client.ask(opening * depth))["code"] == "invalid"
    assert not [each for each in caplog.records if each.exc_info or each.levelno > logging.INFO]


@pytest.mark.parametrize("path", ["/v1/login", "/v1/register", "/login", "/auth/login"])
async def test_S12_deep_nesting_over_http_is_a_clear_error(
    http: httpx.AsyncClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    for text in ("[" * 50_000, '{"username":' * 5_000, json.dumps({"x": {}})):
        answer = await http.post(path, content=text, headers={"content-type": "application/json"})
        assert answer.status_code in {400, 404, 422}, answer.text
        assert len(answer.text) < 2_000
    assert not [each for each in caplog.records if each.exc_info or each.levelno > logging.WARNING]


@pytest.mark.parametrize("event", ["chat message", "sendMessage", "message", "join-session", "x"])
async def test_S12_deep_nesting_in_an_event_closes_only_its_own_socket(
    server: ChatServer, ada: Person, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    for data in ("[" * 40_000, json.dumps("[" * 40_000), _nested(300), _nested(900)):
        async with socketio_connected(server, ada) as client:
            await client.socket.send(f'421["{event}",{data}]')
            with contextlib.suppress(ConnectionClosedError):  # an invalid packet ends the session
                assert await client.socket.recv()
    assert not [each for each in caplog.records if each.exc_info or each.levelno > logging.WARNING]


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth
