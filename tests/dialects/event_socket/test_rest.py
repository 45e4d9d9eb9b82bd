"""The document's "other endpoints": users, history, sessions."""

import httpx
import pytest

from backchannel.chat.messages import delete
from backchannel.domain.ids import direct_conversation_id, new_id
from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import Frame, Person, connected, log_in


async def test_users_are_listed_by_name_page_by_page(
    http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    everyone = (await http.get("/users", headers=ada.headers)).json()
    assert everyone["users"][0] == {"id": ada.id, "username": "ada", "created_at": A_TIME}
    assert [each["username"] for each in everyone["users"]] == ["ada", "bob", "eve"]
    query: dict[str, str | int] = {"limit": 1, "after": "ada"}
    page = (await http.get("/users", params=query, headers=ada.headers)).json()
    assert [each["username"] for each in page["users"]] == ["bob"]


async def test_a_user_is_found_by_name_or_id(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    for name in ("bob", "BOB", bob.id):
        answer = await http.get(f"/users/{name}", headers=ada.headers)
        assert answer.json() == {"id": bob.id, "username": "bob", "created_at": A_TIME}
    assert (await http.get("/users/nobody", headers=ada.headers)).status_code == 404


async def test_messages_are_read_back_oldest_first_page_by_page(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    frames = await _send(server, ada, "bob", *"01234")
    query: dict[str, str | int] = {"with": "ada", "limit": 2}
    newest = (await http.get("/messages", params=query, headers=bob.headers)).json()
    assert newest == {"messages": frames[3:]}
    query["before"] = frames[3]["id"]
    older = (await http.get("/messages", params=query, headers=bob.headers)).json()
    assert older == {"messages": frames[1:3]}
    query = {"with": bob.id}
    assert (await http.get("/messages", params=query, headers=ada.headers)).json() == {
        "messages": frames
    }


async def test_R7_deleted_messages_are_left_out_and_pages_stay_full(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    await _send(server, ada, "bob", *"012345")
    for seq in (3, 4, 6):
        await delete(server.core, ada.id, direct_conversation_id(ada.id, bob.id), seq)
    query: dict[str, str | int] = {"with": "ada", "limit": 2}
    page = (await http.get("/messages", params=query, headers=bob.headers)).json()
    assert [each["content"] for each in page["messages"]] == ["1", "4"]


async def test_two_users_without_a_conversation_have_no_messages(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    answer = await http.get("/messages", params={"with": "bob"}, headers=ada.headers)
    assert (answer.status_code, answer.json()) == (200, {"messages": []})


async def test_S11_only_your_own_messages_can_be_listed(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    (secret,) = await _send(server, ada, "bob", "between us")
    cases: list[tuple[dict[str, str], int]] = [
        ({"with": "ada", "before": secret["id"]}, 404),
        ({"with": "ada", "before": new_id()}, 404),
        ({"with": "nobody"}, 404),
        ({"with": "eve"}, 400),
        ({}, 400),
        ({"with": "ada", "limit": "0"}, 400),
    ]
    for query, status in cases:
        answer = await http.get("/messages", params=query, headers=eve.headers)
        assert answer.status_code == status, query
        assert answer.json()["message"] == answer.json()["error"] == SOMETHING
    own = await http.get("/messages", params={"with": "bob"}, headers=eve.headers)
    assert own.json() == {"messages": []}


async def test_sessions_are_listed_and_the_asking_one_is_marked(
    server: ChatServer, http: httpx.AsyncClient, ada: Person
) -> None:
    phone = await log_in(server, "ada")
    headers = {**phone.headers, "User-Agent": "a phone"}
    sessions = (await http.get("/sessions", headers=headers)).json()["sessions"]
    assert sessions[0] == {
        "id": AN_ID,
        "agent": SOMETHING,
        "address": "127.0.0.1",
        "created_at": A_TIME,
        "last_used_at": A_TIME,
        "current": True,
    }
    assert [each["current"] for each in sessions] == [True, False]


async def test_S1_an_ended_session_is_over_at_once_with_its_sockets(
    server: ChatServer, http: httpx.AsyncClient, ada: Person
) -> None:
    phone = await log_in(server, "ada")
    sessions = (await http.get("/sessions", headers=phone.headers)).json()["sessions"]
    (current,) = [each["id"] for each in sessions if each["current"]]
    async with connected(server, "/websocket", phone) as (client,):
        ended = await http.delete(f"/sessions/{current}", headers=ada.headers)
        assert (ended.status_code, ended.json()) == (200, {"message": "Session ended"})
        assert (await client.end())[0] == 1008
    assert (await http.get("/sessions", headers=phone.headers)).status_code == 401
    assert (await http.get("/sessions", headers=ada.headers)).status_code == 200


async def test_S11_another_users_login_cannot_be_ended(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    (own,) = (await http.get("/sessions", headers=bob.headers)).json()["sessions"]
    for session_id in (own["id"], new_id(), "x"):
        answer = await http.delete(f"/sessions/{session_id}", headers=ada.headers)
        assert answer.status_code == 404
    assert (await http.get("/sessions", headers=bob.headers)).status_code == 200


@pytest.mark.parametrize("path", ["/users", "/users/ada", "/messages?with=ada", "/sessions"])
async def test_a_request_without_a_token_is_401(
    http: httpx.AsyncClient, ada: Person, path: str
) -> None:
    answer = await http.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["message"] == answer.json()["error"] == SOMETHING


async def test_openapi_describes_the_routes(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/docs/openapi.json")).json()["paths"]
    assert "get" in paths["/users"]
    assert "get" in paths["/users/{username}"]
    assert "get" in paths["/sessions"]
    assert "delete" in paths["/sessions/{session_id}"]
    names = {each["name"] for each in paths["/messages"]["get"]["parameters"]}
    assert names == {"with", "limit", "before"}


async def _send(server: ChatServer, person: Person, receiver: str, *texts: str) -> list[Frame]:
    """Send messages; the frames in which they are delivered."""
    frames: list[Frame] = []
    async with connected(server, "/websocket", person) as (client,):
        for text in texts:
            frame = await client.ask({"receiver": receiver, "content": text})
            assert frame.pop("status") == "stored"
            frames.append(frame)
    return frames
