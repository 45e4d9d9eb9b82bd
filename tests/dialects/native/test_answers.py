"""Sessions on `/v1/ws`: an answer grows before one's eyes, and may be stopped."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backchannel.chat import answering
from backchannel.domain.ids import RESPONDER_ID
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.plain_socket import Person, Talker, enrol, talking
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
    return await enrol(server, "ada")


async def open_session(server: ChatServer, person: Person) -> str:
    async with httpx.AsyncClient(base_url=server.address, headers=person.headers) as http:
        answer = (await http.post("/v1/sessions", json={"name": "Plans"})).raise_for_status()
    session: str = answer.json()["id"]
    return session


@pytest.fixture(autouse=True)
def _each_piece_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "PARTIAL_INTERVAL", 0.0)


async def hear(talker: Talker, kind: str) -> dict[str, Any]:
    """The next frame or event of that kind."""
    while True:
        frame = await talker.hear()
        if kind in (frame["type"], frame.get("kind")):
            return frame


async def ask(talker: Talker, session: str, text: str) -> int:
    await talker.say({"type": "send", "conversation_id": session, "body": text, "client_id": text})
    seq: int = (await hear(talker, "ack"))["seq"]
    return seq


async def test_partials_and_then_the_answer(
    server: ChatServer, ada: Person, responder: ScriptedResponder
) -> None:
    session = await open_session(server, ada)
    async with talking(server, "/v1/ws", ada, ada) as (asking, watching):
        seq = await ask(asking, session, "hello")
        for piece in ("Good ", "day"):
            responder.say(piece)
        for talker in (asking, watching):
            for text in ("Good ", "Good day"):
                assert await hear(talker, "partial") == {
                    "type": "partial",
                    "conversation_id": session,
                    "question_seq": seq,
                    "body": text,
                }
        responder.say(END)
        for talker in (asking, watching):
            answer = (await hear(talker, "message"))["data"]
            while answer["sender_id"] != RESPONDER_ID:
                answer = (await hear(talker, "message"))["data"]
            assert (answer["body"], answer["reply_to"]) == ("Good day", seq)


async def test_stop(server: ChatServer, ada: Person, responder: ScriptedResponder) -> None:
    session = await open_session(server, ada)
    async with talking(server, "/v1/ws", ada) as (talker,):
        await ask(talker, session, "hello")
        responder.say("as far as ")
        await hear(talker, "partial")
        await talker.say({"type": "stop", "conversation_id": session, "ref": "enough"})
        assert (await hear(talker, "done"))["ref"] == "enough"
        answer = await hear(talker, "message")
        assert answer["data"]["body"] == "as far as "
        await talker.say({"type": "stop", "conversation_id": "another's", "ref": "no"})
        assert (await hear(talker, "error"))["code"] == "not_found"
