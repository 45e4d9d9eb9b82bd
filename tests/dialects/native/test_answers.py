"""Sessions on `/v1/ws`: an answer is shown while it grows, and can be stopped."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backchannel.chat import answers
from backchannel.domain.ids import RESPONDER_ID
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.plain_socket import ClientSocket, Person, connected, register
from tests.support.responder import END, ScriptedResponder


@pytest.fixture
def responder() -> ScriptedResponder:
    return ScriptedResponder(slow=True)


@pytest.fixture
async def server(tmp_path: Path, responder: ScriptedResponder) -> AsyncGenerator[ChatServer]:
    async with make_core(tmp_path, responder=responder) as core, chat_server(core) as running:
        yield running


@pytest.fixture
async def ada(server: ChatServer) -> Person:
    return await register(server, "ada")


async def open_session(server: ChatServer, person: Person) -> str:
    async with httpx.AsyncClient(base_url=server.address, headers=person.headers) as http:
        answer = (await http.post("/v1/sessions", json={"name": "Plans"})).raise_for_status()
    session: str = answer.json()["id"]
    return session


@pytest.fixture(autouse=True)
def _each_piece_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PARTIAL_INTERVAL", 0.0)


async def receive(client: ClientSocket, kind: str) -> dict[str, Any]:
    """The next frame or event of that kind."""
    while True:
        frame = await client.receive()
        if kind in (frame["type"], frame.get("kind")):
            return frame


async def ask(client: ClientSocket, session: str, text: str) -> int:
    await client.send({"type": "send", "conversation_id": session, "body": text, "client_id": text})
    seq: int = (await receive(client, "ack"))["seq"]
    return seq


async def test_a_device_that_joins_gets_the_text_so_far(
    server: ChatServer,
    ada: Person,
    responder: ScriptedResponder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "REPEAT_INTERVAL", 0.05)
    session = await open_session(server, ada)
    async with connected(server, "/v1/ws", ada) as (asking,):
        await ask(asking, session, "hello")
        responder.send("Good ")
        assert (await receive(asking, "partial"))["body"] == "Good "
        async with connected(server, "/v1/ws", ada) as (joining,):
            assert (await receive(joining, "partial"))["body"] == "Good "
        responder.send(END)


async def test_partials_and_then_the_answer(
    server: ChatServer, ada: Person, responder: ScriptedResponder
) -> None:
    session = await open_session(server, ada)
    async with connected(server, "/v1/ws", ada, ada) as (asking, watching):
        seq = await ask(asking, session, "hello")
        for piece in ("Good ", "day"):
            responder.send(piece)
        for client in (asking, watching):
            for text in ("Good ", "Good day"):
                assert await receive(client, "partial") == {
                    "type": "partial",
                    "conversation_id": session,
                    "question_seq": seq,
                    "body": text,
                }
        responder.send(END)
        for client in (asking, watching):
            answer = (await receive(client, "message"))["data"]
            while answer["sender_id"] != RESPONDER_ID:
                answer = (await receive(client, "message"))["data"]
            assert (answer["body"], answer["reply_to"]) == ("Good day", seq)


async def test_stop_ends_the_answer_and_keeps_its_text(
    server: ChatServer, ada: Person, responder: ScriptedResponder
) -> None:
    session = await open_session(server, ada)
    async with connected(server, "/v1/ws", ada) as (client,):
        await ask(client, session, "hello")
        responder.send("as far as ")
        await receive(client, "partial")
        await client.send({"type": "stop", "conversation_id": session, "ref": "enough"})
        assert (await receive(client, "done"))["ref"] == "enough"
        answer = await receive(client, "message")
        assert answer["data"]["body"] == "as far as "
        await client.send({"type": "stop", "conversation_id": "another's", "ref": "no"})
        assert (await receive(client, "error"))["code"] == "not_found"
