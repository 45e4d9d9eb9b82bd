"""The other routes below `/api`: permissions, and the form of refusals."""

from typing import Any

import httpx
import pytest

from backchannel.chat import messages
from backchannel.chat.messages import draft, send
from backchannel.dialects.socketio import history
from tests.support.chat_server import ChatServer
from tests.support.matching import AN_ID, SOMETHING
from tests.support.plain_socket import PASSWORD, Person, register

USER = {"username": "grace", "email": "grace@example.com", "password": PASSWORD}


def has(body: dict[str, Any], text: str) -> bool:
    return (body["message"], body["error"]) == (text, text)


async def post_registration(http: httpx.AsyncClient, **changed: str) -> httpx.Response:
    return await http.post("/api/user/register", json=USER | changed)


@pytest.mark.parametrize(
    "changed", [{"username": "Grace"}, {"email": "GRACE@example.com"}, {}], ids=str
)
async def test_a_taken_name_or_address_is_400(
    http: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    await post_registration(http)
    fresh = {"username": "other", "email": "other@example.com"} if changed else {}
    answer = await post_registration(http, **(fresh | changed))
    assert answer.status_code == 400
    assert has(answer.json(), "User already exist! Login instead")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": ""}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_an_invalid_registration_is_400_and_names_the_field(
    http: httpx.AsyncClient, changed: dict[str, str], field: str
) -> None:
    answer = await post_registration(http, **changed)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_html_forms_are_accepted(http: httpx.AsyncClient) -> None:
    assert (await http.post("/api/user/register", data=USER)).status_code == 201
    credentials = {"email": USER["email"], "password": PASSWORD}
    assert (await http.post("/api/user/login", data=credentials)).status_code == 200


async def test_an_unknown_user_is_404_and_a_wrong_password_401(http: httpx.AsyncClient) -> None:
    await post_registration(http)
    unknown = {"email": "nobody@example.com", "password": PASSWORD}
    answer = await http.post("/api/user/login", json=unknown)
    assert (answer.status_code, has(answer.json(), "User not found")) == (404, True)
    wrong = {"email": USER["email"], "password": "another password"}
    answer = await http.post("/api/user/login", json=wrong)
    assert (answer.status_code, has(answer.json(), "Invalid password")) == (401, True)


async def test_only_the_users_own_email_address_is_listed(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    await post_registration(http)
    answer = await http.get("/api/user/", headers=ada.headers)
    assert answer.json() == {
        "user": [
            {"_id": ada.id, "username": "ada"},
            {"_id": bob.id, "username": "bob"},
            {"_id": AN_ID, "username": "grace"},
        ]
    }
    page = await http.get("/api/user/?limit=1&after=ada", headers=ada.headers)
    assert [each["username"] for each in page.json()["user"]] == ["bob"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/user/"),
        ("POST", "/api/chat/send"),
        ("GET", "/api/chat/messages/ada"),
        ("GET", "/api/chat/messages/ada/bob"),
    ],
)
async def test_a_request_without_a_token_is_401(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == 401
    assert has(answer.json(), answer.json()["message"])


async def test_S12_a_sender_cannot_be_forged(
    http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    body = {"sender": bob.id, "receiver": eve.id, "content": "forged"}
    answer = await http.post("/api/chat/send", json=body, headers=ada.headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"receiver": "nobody"}, 404, "receiver"),
        ({"receiver": "ada"}, 400, "receiver"),
        ({"content": ""}, 400, "content"),
        ({"content": 7}, 400, "content"),
    ],
)
async def test_a_message_that_cannot_be_sent_is_refused_with_its_status(
    http: httpx.AsyncClient,
    ada: Person,
    bob: Person,
    changed: dict[str, Any],
    status: int,
    field: str,
) -> None:
    body = {"receiver": bob.id, "content": "hi"} | changed
    answer = await http.post("/api/chat/send", json=body, headers=ada.headers)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


async def test_R2_a_message_with_a_client_id_may_be_repeated(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    body = {"receiver": "bob", "content": "once", "clientId": "k1"}
    first, again = [
        (await http.post("/api/chat/send", json=body, headers=ada.headers)).json() for _ in "12"
    ]
    assert first == again
    answer = await http.get("/api/chat/messages/bob", headers=bob.headers)
    assert answer.json() == [first["message"]]


@pytest.mark.parametrize("path", ["/ada", "/nobody", "/ada/bob", "/bob/nobody", "/eve/nobody"])
async def test_S11_messages_of_other_users_are_404(
    http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, path: str
) -> None:
    body = {"receiver": "bob", "content": "between us"}
    await http.post("/api/chat/send", json=body, headers=ada.headers)
    answer = await http.get(f"/api/chat/messages{path}", headers=eve.headers)
    assert answer.status_code == 404


async def test_history_is_paged_and_the_newest_of_all_conversations_come_first(
    http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    for content in range(6):
        body = {"receiver": ("bob", "eve")[content % 2], "content": f"{content}"}
        await http.post("/api/chat/send", json=body, headers=ada.headers)
    everything = (await http.get("/api/chat/messages/ada", headers=ada.headers)).json()
    assert [each["content"] for each in everything] == ["5", "4", "3", "2", "1", "0"]
    newest = (await http.get("/api/chat/messages/ada?limit=3", headers=ada.headers)).json()
    assert newest == everything[:3]
    with_bob = "/api/chat/messages/ada/bob"
    page = (await http.get(f"{with_bob}?limit=2", headers=ada.headers)).json()
    assert [each["content"] for each in page] == ["4", "2"]
    rest = await http.get(f"{with_bob}?before={page[-1]['_id']}", headers=ada.headers)
    assert [each["content"] for each in rest.json()] == ["0"]


async def test_R13_the_newest_messages_are_read_from_a_bounded_number_of_conversations(
    server: ChatServer,
    http: httpx.AsyncClient,
    ada: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is nothing to find: all messages of all these conversations are deleted."""
    monkeypatch.setattr(history, "MOST_CONVERSATIONS", 4)
    monkeypatch.setattr(history, "PAGE_LIMIT", 2)
    read: list[str] = []
    undeleted = server.core.storage.undeleted

    async def counted(conversation_id: str, **query: Any) -> Any:
        read.append(conversation_id)
        return await undeleted(conversation_id, **query)

    monkeypatch.setattr(server.core.storage, "undeleted", counted)
    for number in range(6):
        peer = await register(server, f"peer{number}")
        drafted = draft(ada.id, peer.id, f"to {number}")
        sent = (await send(server.core, drafted)).message
        if number:
            await messages.delete(server.core, ada.id, sent.conversation_id, sent.seq)
    answer = await http.get("/api/chat/messages/ada", headers=ada.headers)
    assert (answer.status_code, answer.json(), len(read)) == (200, [], 4)


async def test_a_conversation_without_messages_is_an_empty_array(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    for path in ("/ada", "/ada/bob"):
        answer = await http.get(f"/api/chat/messages{path}", headers=ada.headers)
        assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("path", ["/api/user/nowhere", "/api/chat/nowhere"])
async def test_unknown_paths_are_404(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 404
    assert answer.json()["message"] == answer.json()["error"] == SOMETHING
