"""The document, from signing up to the echo, by httpx and by npm's clients."""

from typing import Any

import httpx
import pytest

from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.node_client import node_client

JOHN = {"username": "johndoe", "email": "john@example.com", "password": "securepassword123"}


@pytest.mark.service
@pytest.mark.parametrize("transports", ["polling", "websocket", "polling,websocket"])
@pytest.mark.parametrize("library", ["socket.io-client", "socket.io-client-3"])
async def test_R4_every_example_of_the_document_works(
    server: ChatServer, http: httpx.AsyncClient, library: str, transports: str
) -> None:
    assert (await http.post("/api/auth/signup", json=JOHN)).status_code == 201
    credentials = {"email": JOHN["email"], "password": JOHN["password"]}
    token = (await http.post("/api/auth/login", json=credentials)).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    (session,) = (await http.get("/api/sessions", headers=headers)).json()["sessions"]
    given: dict[str, Any] = {"library": library, "transports": transports.split(",")}
    async with node_client(server.address, **given) as client:
        await client.happens("connect")
        await client.emit("connection", token)
        await client.emit("join-session", session["id"])
        for count in range(20):
            content = f"Hello, server! {count}"
            await client.emit("message", {"sessionId": session["id"], "content": content})
        for count in range(20):
            assert await client.event("message") == {
                "sessionId": session["id"],
                "content": f"Hello, server! {count}",
                "timestamp": A_TIME,
                "messageId": AN_ID,
            }
        await client.emit("message", "nothing of this document")
        assert (await client.event("error"))["message"] == SOMETHING
        assert await client.ask("join-session", "session-uuid") == {
            "ok": True,
            "sessionId": "session-uuid",
        }
        read = await http.get(f"/api/sessions/{session['id']}/messages", headers=headers)
        assert [each["sender"] for each in read.json()["messages"]].count("server") == 20
        assert (await http.post("/api/auth/logout", headers=headers)).status_code == 200
        await client.happens("disconnect")
    assert (await http.get("/api/sessions", headers=headers)).status_code == 401
