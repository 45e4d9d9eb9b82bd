"""The REST routes of this dialect, row by row."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from backchannel.security.throttle import Limit
from tests.support.chat_server import ChatServer, chat_server
from tests.support.clock import ManualClock
from tests.support.core import make_core
from tests.support.matching import A_TIME, A_TOKEN, AN_ID, SOMETHING
from tests.support.plain_socket import Person

JOHN = {"username": "johndoe", "email": "john@example.com", "password": "mist over the harbour"}
JOHN_AS_TOLD = {
    "id": AN_ID,
    "username": "johndoe",
    "email": "john@example.com",
    "createdAt": A_TIME,
    "updatedAt": A_TIME,
}

SignUp = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def sign_up(http: httpx.AsyncClient) -> SignUp:
    """Signs up a user; returns the headers for later requests."""

    async def sign_up(username: str = "johndoe") -> dict[str, str]:
        user = {**JOHN, "username": username, "email": f"{username}@example.com"}
        answer = (await http.post("/api/auth/signup", json=user)).raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    return sign_up


async def test_signup_returns_the_token_and_the_user(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/auth/signup", json=JOHN)
    assert answer.status_code == 201
    assert answer.json() == {
        "success": True,
        "message": "User registered successfully",
        "token": A_TOKEN,
        "user": JOHN_AS_TOLD,
    }
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    listed = await http.get("/api/sessions", headers=headers)
    assert listed.status_code == 200
    assert listed.json() == {
        "success": True,
        "sessions": [
            {
                "id": AN_ID,
                "userId": answer.json()["user"]["id"],
                "name": "New session",
                "createdAt": A_TIME,
                "lastMessageAt": A_TIME,
            }
        ],
    }


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"username": None, "email": 7, "password": None}, ["username", "email", "password"]),
        ({"username": "a@b", "email": "nowhere"}, ["username", "email"]),
        ({"password": "short"}, ["password"]),
        ({"role": "admin"}, ["role"]),
    ],
)
async def test_S12_every_field_at_fault_is_named(
    http: httpx.AsyncClient, change: dict[str, Any], fields: list[str]
) -> None:
    body = {key: value for key, value in {**JOHN, **change}.items() if value is not None}
    answer = await http.post("/api/auth/signup", json=body)
    assert answer.status_code == 400
    refusal = answer.json()
    assert refusal["success"] is False
    assert refusal["message"] == refusal["error"] == SOMETHING
    assert [error["path"] for error in refusal["errors"]] == fields
    assert all(error["msg"] == SOMETHING for error in refusal["errors"])


async def test_an_unreadable_body_is_400_or_415(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/auth/login", content=b"{", headers={"content-type": "text/json"})
    assert answer.status_code == 415
    answer = await http.post("/api/auth/login", content=b"{")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"path": "body", "msg": SOMETHING}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "other@example.com"}, "username"),
        ({"username": "other", "email": "johndoe@example.com"}, "email"),
    ],
)
async def test_a_taken_username_or_email_is_400_with_its_field(
    http: httpx.AsyncClient, sign_up: SignUp, change: dict[str, str], field: str
) -> None:
    await sign_up()
    answer = await http.post("/api/auth/signup", json={**JOHN, **change})
    assert answer.status_code == 400
    assert [error["path"] for error in answer.json()["errors"]] == [field]


async def test_login_returns_the_token_and_the_user(
    http: httpx.AsyncClient, sign_up: SignUp
) -> None:
    await sign_up()
    credentials = {"email": "JohnDoe@example.com", "password": JOHN["password"]}
    expected = {"success": True, "message": "Login successful", "token": A_TOKEN}
    user = {**JOHN_AS_TOLD, "email": "johndoe@example.com"}
    as_json = await http.post("/api/auth/login", json=credentials)
    as_form = await http.post("/api/auth/login", data=credentials)
    for answer in (as_json, as_form):
        assert answer.status_code == 200
        assert answer.json() == {**expected, "user": user}


async def test_S10_a_wrong_password_and_an_unknown_address_look_the_same(
    http: httpx.AsyncClient, sign_up: SignUp
) -> None:
    await sign_up()
    answers = [
        await http.post("/api/auth/login", json={"email": email, "password": "something else"})
        for email in ("johndoe@example.com", "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert [answer.json()["message"] for answer in answers] == ["Invalid credentials"] * 2
    assert answers[0].json() == answers[1].json()


async def test_login_names_every_missing_field(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/auth/login", json={})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"path": "email", "msg": "email is missing"},
        {"path": "password", "msg": "password is missing"},
    ]


async def test_S1_after_logout_the_token_is_refused(
    http: httpx.AsyncClient, sign_up: SignUp
) -> None:
    headers = await sign_up()
    answer = await http.post("/api/auth/logout", headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "message": "Logout successful"}
    for again in (
        await http.post("/api/auth/logout", headers=headers),
        await http.get("/api/sessions", headers=headers),
        await http.get("/api/sessions"),
    ):
        assert again.status_code == 401
        assert again.json()["success"] is False


async def test_S9_too_many_logins_and_registrations_are_429(tmp_path: Path) -> None:
    limits = {"login:pair": Limit(2, 60), "register:address": Limit(1, 60)}
    async with (
        make_core(tmp_path, limits=limits, clock=ManualClock()) as core,
        chat_server(core) as server,
        httpx.AsyncClient(base_url=server.address) as http,
    ):
        assert (await http.post("/api/auth/signup", json=JOHN)).status_code == 201
        another = {**JOHN, "username": "jane", "email": "jane@example.com"}
        credentials = {"email": JOHN["email"], "password": "something else"}
        answers = [await http.post("/api/auth/signup", json=another)]
        answers += [await http.post("/api/auth/login", json=credentials) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 401, 401, 429]
    for refused in (answers[0], answers[-1]):
        assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_sessions_are_opened_renamed_and_deleted(
    http: httpx.AsyncClient, sign_up: SignUp
) -> None:
    headers = await sign_up()
    unnamed = await http.post("/api/sessions", headers=headers)
    assert unnamed.status_code == 201, unnamed.text
    named = await http.post("/api/sessions", json={"name": "Plans"}, headers=headers)
    assert named.json()["session"]["name"] == "Plans"
    path = f"/api/sessions/{named.json()['session']['id']}"
    renamed = await http.patch(path, json={"name": "Dreams"}, headers=headers)
    assert renamed.status_code == 200
    assert renamed.json()["session"] == {**named.json()["session"], "name": "Dreams"}
    deleted = await http.delete(path, headers=headers)
    assert (deleted.status_code, deleted.json()["success"]) == (200, True)
    listed = (await http.get("/api/sessions", headers=headers)).json()["sessions"]
    assert len(listed) == 2
    assert listed[0]["id"] == unnamed.json()["session"]["id"]
    paged = await http.get(
        "/api/sessions", params={"limit": 1, "before": listed[0]["id"]}, headers=headers
    )
    assert paged.json()["sessions"] == listed[1:]


@pytest.mark.parametrize("name", ["", " ", "x" * 201, 7])
async def test_an_invalid_session_name_is_400(
    http: httpx.AsyncClient, sign_up: SignUp, name: object
) -> None:
    headers = await sign_up()
    answer = await http.post("/api/sessions", json={"name": name}, headers=headers)
    assert answer.status_code == 400
    assert [error["path"] for error in answer.json()["errors"]] == ["name"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/messages"), ("PATCH", ""), ("DELETE", "")],
)
async def test_S11_another_users_session_does_not_exist(
    http: httpx.AsyncClient, sign_up: SignUp, method: str, path: str
) -> None:
    mine, theirs = await sign_up("johndoe"), await sign_up("jane")
    (session,) = (await http.get("/api/sessions", headers=theirs)).json()["sessions"]
    url = f"/api/sessions/{session['id']}{path}"
    body = {"name": "Mine now"} if method == "PATCH" else None
    answer = await http.request(method, url, json=body, headers=mine)
    assert answer.status_code == 404
    assert answer.json()["message"] == "session not found"
    unknown = await http.request(method, f"/api/sessions/unknown{path}", json=body, headers=mine)
    assert unknown.json() == answer.json()


async def test_sessions_of_users_from_elsewhere(
    http: httpx.AsyncClient, server: ChatServer, ada: Person
) -> None:
    opened = await http.post("/v1/sessions", json={"key": "mine"}, headers=ada.headers)
    listed = (await http.get("/api/sessions", headers=ada.headers)).json()["sessions"]
    assert [session["id"] for session in listed] == ["mine"]
    message = {"conversation_id": opened.json()["id"], "body": "Hello"}
    (await http.post("/v1/messages", json=message, headers=ada.headers)).raise_for_status()
    found: list[dict[str, str]] = []
    while len(found) < 2:
        read = await http.get("/api/sessions/mine/messages", headers=ada.headers)
        found = read.json()["messages"]
    assert [(each["sender"], each["content"]) for each in found] == [
        ("user", "Hello"),
        ("server", "Hello"),
    ]


async def test_an_unknown_path_is_answered_in_the_dialects_format(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/auth/unknown")
    assert answer.status_code == 404
    assert answer.json()["success"] is False
