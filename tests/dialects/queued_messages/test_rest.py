"""The other routes: permissions, and the envelope of refusals."""

from typing import Any

import httpx
import pytest

from backchannel.chat.conversations import mark_read
from backchannel.domain.ids import direct_conversation_id
from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, SOMETHING
from tests.support.plain_socket import PASSWORD, Person

USER = {"username": "grace", "email": "grace@example.com", "password": PASSWORD}


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of a response that must be this refusal."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == status, body
    assert body["status"] == ("fail" if status < 500 else "error")
    assert body["message"] == body["error"] == SOMETHING
    return body


async def test_a_taken_name_or_address_is_400(http: httpx.AsyncClient) -> None:
    await http.post("/auth/register", json=USER)
    for changed in ({}, {"username": "other"}, {"email": "other@example.com"}):
        answer = await http.post("/auth/register", json=USER | changed)
        assert refused(answer, 400)["message"] == "User already exists"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": ""}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_an_invalid_registration_is_400(
    http: httpx.AsyncClient, changed: dict[str, str], field: str
) -> None:
    answer = await http.post("/auth/register", json=USER | changed)
    assert refused(answer, 400)["field"] == field


async def test_S10_errors_do_not_reveal_who_has_an_account(http: httpx.AsyncClient) -> None:
    await http.post("/auth/register", json=USER)
    for email in ("grace@example.com", "nobody@example.com"):
        credentials = {"email": email, "password": "another password"}
        answer = await http.post("/auth/login", json=credentials)
        assert refused(answer, 401)["message"] == "Invalid credentials"


async def test_html_forms_are_accepted(http: httpx.AsyncClient, ada: Person) -> None:
    assert (await http.post("/auth/register", data=USER)).status_code == 201
    credentials = {"email": USER["email"], "password": PASSWORD}
    assert (await http.post("/auth/login", data=credentials)).status_code == 200
    form = {"receiver_id": "grace", "content": "hi"}
    answer = await http.post("/message/send", data=form, headers=ada.headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("path", ["/user/users", "/user"])
async def test_all_other_users_are_listed(
    http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, path: str
) -> None:
    answer = await http.get(path, headers=bob.headers)
    times = {"createdAt": A_TIME, "updatedAt": A_TIME}
    users = [
        {"id": each.id, "user_id": each.id, "username": each.username, **times}
        for each in (ada, eve)
    ]
    assert answer.json() == {"status": "success", "data": {"users": users}}
    pages = [
        (await http.get(f"{path}?{query}", headers=bob.headers)).json()["data"]["users"]
        for query in ("limit=2", "limit=1", "limit=1&after=ada", "after=eve")
    ]
    assert pages == [users, users[:1], users[1:], []]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/user/users"),
        ("POST", "/message/send"),
        ("GET", "/message/messages?senderId=ada&receiverId=bob"),
        ("GET", "/message?senderId=ada&receiverId=bob"),
    ],
)
async def test_a_request_without_a_token_is_401(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    refused(await http.request(method, path), 401)


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"receiver_id": "nobody"}, 404, "receiver_id"),
        ({"receiver_id": "ada"}, 400, "receiver_id"),
        ({"content": ""}, 400, "content"),
        ({"sender_id": "bob"}, 403, "sender_id"),
    ],
)
async def test_a_message_that_cannot_be_sent_is_refused_with_its_status(
    http: httpx.AsyncClient,
    ada: Person,
    bob: Person,
    changed: dict[str, str],
    status: int,
    field: str,
) -> None:
    body = {"receiver_id": "bob", "content": "hi"} | changed
    answer = await http.post("/message/send", json=body, headers=ada.headers)
    assert refused(answer, status)["field"] == field


@pytest.mark.parametrize("path", ["/message", "/message/messages"])
async def test_S11_only_the_two_members_can_read_their_messages(
    http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person, path: str
) -> None:
    for pair in (("ada", "bob"), ("ada", "nobody"), ("eve", "nobody")):
        query = dict(zip(("senderId", "receiverId"), pair, strict=True))
        refused(await http.get(path, params=query, headers=eve.headers), 404)
    query = {"senderId": "eve", "receiverId": eve.id}
    refused(await http.get(path, params=query, headers=eve.headers), 400)
    answer = await http.get(path, params={"senderId": "eve"}, headers=eve.headers)
    assert refused(answer, 400)["field"] == "receiverId"


async def test_the_status_is_sent_delivered_or_read(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    for content in "12":
        body = {"receiver_id": "bob", "content": content}
        await http.post("/message/send", json=body, headers=ada.headers)
    await mark_read(server.core, bob.id, direct_conversation_id(ada.id, bob.id), 1)
    for reader in (ada, bob):
        query = {"senderId": "ada", "receiverId": "bob"}
        answer = await http.get("/message", params=query, headers=reader.headers)
        messages = answer.json()["data"]["messages"]
        assert [each["status"] for each in messages] == ["read", "sent"]


async def test_history_is_paged(http: httpx.AsyncClient, ada: Person, bob: Person) -> None:
    for content in "1234":
        body = {"receiver_id": "bob", "content": content}
        await http.post("/message/send", json=body, headers=ada.headers)
    query: dict[str, str] = {"senderId": "bob", "receiverId": "ada", "limit": "3"}
    answer = await http.get("/message/messages", params=query, headers=ada.headers)
    page = answer.json()["data"]["messages"]
    assert [each["content"] for each in page] == ["4", "3", "2"]
    query["before"] = page[-1]["message_id"]
    answer = await http.get("/message/messages", params=query, headers=ada.headers)
    assert [each["content"] for each in answer.json()["data"]["messages"]] == ["1"]


@pytest.mark.parametrize("path", ["/auth/nowhere", "/message/no/where", "/user/no/where"])
async def test_unknown_paths_are_404_in_the_envelope(http: httpx.AsyncClient, path: str) -> None:
    refused(await http.get(path), 404)


async def test_bad_json_is_400_in_the_envelope(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/auth/login", content=b"{", headers={"content-type": "application/json"}
    )
    refused(answer, 400)
