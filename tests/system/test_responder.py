"""Sessions on a real server: answers survive kill -9, and the documented `.env` starts it."""

import asyncio
import json
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.process import TIMEOUT, server_process
from tests.support.server import serving

JOHN = {"username": "johndoe", "email": "john@example.com", "password": "mist over the harbour"}
DOCUMENT = """\
PORT=3001
JWT_SECRET=your_jwt_secret_key_here
DATABASE_URL=sqlite://./database.db
CORS_ORIGIN=http://localhost:3000
"""


class SlowAnswers:
    """A webhook that answers when the test says so."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.ready = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.keys.append(dict(scope["headers"])[b"idempotency-key"].decode())
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        question = json.loads(body + message["body"])
        while not self.ready:  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0.01)
        answer = json.dumps({"body": f"answer to {question['body']}"}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@contextmanager
def client(address: str) -> Generator[httpx.Client]:
    """A client of a user who has signed up."""
    with httpx.Client(base_url=address) as http:
        told = http.post("/api/auth/signup", json=JOHN).raise_for_status().json()
        http.headers["authorization"] = f"Bearer {told['token']}"
        yield http


def answers(http: httpx.Client, session: str, count: int) -> list[str]:
    """The messages of a session, once there are this many."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        read = http.get(f"/api/sessions/{session}/messages").json()
        said = [each["content"] for each in read["messages"] if each["sender"] == "server"]
        if len(said) >= count:
            return said
        time.sleep(0.02)
    raise TimeoutError


def test_R8_a_question_is_answered_once_after_kill_9(tmp_path: Path) -> None:
    webhook = SlowAnswers()
    with (
        serving(webhook) as url,
        server_process(
            tmp_path, responder_kind="webhook", responder_url=url, responder_key="a signing key"
        ) as server,
        client(server.address) as http,
    ):
        opened = http.post("/v1/sessions", json={"key": "mine"}).json()
        for text in ("one", "two"):
            message = {"conversation_id": opened["id"], "body": text}
            http.post("/v1/messages", json=message).raise_for_status()
        while not webhook.keys:
            time.sleep(0.01)
        server.kill()
        webhook.ready = True
        server.start()
        assert answers(http, "mine", 2) == ["answer to one", "answer to two"]
        assert webhook.keys == [webhook.keys[0], webhook.keys[0], webhook.keys[2]]
        assert server.stop(signal.SIGTERM) == 0
        server.start()
        time.sleep(0.3)
        assert len(answers(http, "mine", 2)) == 2
        assert len(webhook.keys) == 3


def test_R12_sigterm_does_not_wait_for_an_answer(tmp_path: Path) -> None:
    webhook = SlowAnswers()
    with (
        serving(webhook) as url,
        server_process(
            tmp_path,
            responder_kind="webhook",
            responder_url=url,
            responder_key="a signing key",
            responder_timeout="600",
        ) as server,
        client(server.address) as http,
    ):
        opened = http.post("/v1/sessions", json={"key": "mine"}).json()
        http.post("/v1/messages", json={"conversation_id": opened["id"], "body": "one"})
        while not webhook.keys:
            time.sleep(0.01)
        assert server.stop(signal.SIGTERM) == 0
        webhook.ready = True
        server.start()
        assert answers(http, "mine", 1) == ["answer to one"]


def test_the_env_file_of_the_document_starts_the_server(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(DOCUMENT)
    with server_process(tmp_path) as server, client(server.address) as http:
        (session,) = http.get("/api/sessions").json()["sessions"]
        opened = http.get("/v1/conversations").json()["items"][0]
        http.post("/v1/messages", json={"conversation_id": opened["id"], "body": "Hello, server!"})
        assert answers(http, session["id"], 1) == ["Hello, server!"]
        page = http.get("/api/sessions", headers={"origin": "http://localhost:3000"})
        assert page.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert (tmp_path / "database.db").exists()
