"""`/conversations`: the meaning of `conversationId`, and the messages."""

import httpx
import pytest

from backchannel.chat.messages import delete
from backchannel.chat.sessions import open_session
from backchannel.domain.ids import direct_conversation_id, new_id
from tests.support.chat_server import ChatServer
from tests.support.matching import A_TIME, SOMETHING
from tests.support.plain_socket import ClientSocket, Frame, Person, connected


async def test_a_created_conversation_accepts_messages_on_a_later_connection(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    begun = await http.post("/conversations", json={"receiver": "bob"}, headers=ada.headers)
    assert begun.status_code == 201
    conversation_id = direct_conversation_id(ada.id, bob.id)
    assert begun.json() == {
        "conversation_id": conversation_id,
        "user": {"user_id": bob.id, "username": "bob"},
        "unread": 0,
        "created_at": A_TIME,
        "updated_at": A_TIME,
        "last_message": None,
    }
    async with connected(server, "/chat", ada, bob) as (ada_client, bob_client):
        frame = {"conversationId": conversation_id, "content": "first words"}
        assert (await ada_client.ask(frame))["status"] == "stored"
        assert (await bob_client.receive())["content"] == "first words"


async def test_two_users_always_get_the_same_conversation(
    http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    asked = [(ada, bob.id), (ada, "bob"), (bob, "ada"), (bob, ada.id)]
    found = [
        await http.post("/conversations", json={"receiver": name}, headers=person.headers)
        for person, name in asked
    ]
    assert len({each.json()["conversation_id"] for each in found}) == 1


async def test_an_empty_conversation_is_not_listed_and_a_used_one_is(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    await http.post("/conversations", json={"receiver": "bob"}, headers=ada.headers)
    for person in (ada, bob):
        listed = await http.get("/conversations", headers=person.headers)
        assert listed.json() == {"conversations": [], "next": None}
    await _send(server, ada, "bob", "hello")
    (seen,) = (await http.get("/conversations", headers=bob.headers)).json()["conversations"]
    assert seen["user"] == {"user_id": ada.id, "username": "ada"}
    assert (seen["unread"], seen["last_message"]["content"]) == (1, "hello")


async def test_conversations_are_listed_by_activity_page_by_page(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    await open_session(server.core, ada.id, key="notes")
    await _send(server, ada, "bob", "first")
    await _send(server, ada, "eve", "second")
    names: list[str] = []
    query: dict[str, str | int] = {"limit": 1}
    while True:
        answer = await http.get("/conversations", params=query, headers=ada.headers)
        page = answer.json()
        names += [each["user"]["username"] for each in page["conversations"]]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert names == ["eve", "bob"]


async def test_messages_are_read_back_oldest_first_page_by_page(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    frames = [await _send(server, ada, "bob", str(count)) for count in range(5)]
    path = f"/conversations/{frames[0]['conversation_id']}/messages"
    newest = (await http.get(path, params={"limit": 2}, headers=bob.headers)).json()
    assert newest == {"conversation_id": frames[0]["conversation_id"], "messages": frames[3:]}
    query: dict[str, str | int] = {"limit": 2, "before": frames[3]["message_id"]}
    older = (await http.get(path, params=query, headers=bob.headers)).json()
    assert older["messages"] == frames[1:3]
    everything = (await http.get(path, headers=ada.headers)).json()
    assert everything["messages"] == frames


async def test_R7_deleted_messages_are_left_out_and_pages_stay_full(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person
) -> None:
    frames = [await _send(server, ada, "bob", str(count)) for count in range(6)]
    conversation_id = frames[0]["conversation_id"]
    for seq in (3, 4, 6):
        await delete(server.core, ada.id, conversation_id, seq)
    path = f"/conversations/{conversation_id}/messages"
    page = (await http.get(path, params={"limit": 2}, headers=bob.headers)).json()
    assert [each["content"] for each in page["messages"]] == ["1", "4"]
    (listed,) = (await http.get("/conversations", headers=bob.headers)).json()["conversations"]
    assert listed["last_message"] is None


async def test_S11_users_outside_the_conversation_get_404(
    server: ChatServer, http: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    frame = await _send(server, ada, "bob", "between us")
    other = await _send(server, eve, "bob", "elsewhere")
    path = f"/conversations/{frame['conversation_id']}/messages"
    cases = [
        (eve, path, {}),
        (eve, f"/conversations/{new_id()}/messages", {}),
        (eve, "/conversations", {"before": frame["conversation_id"]}),
        (ada, path, {"before": other["message_id"]}),
        (ada, path, {"before": new_id()}),
    ]
    for person, url, query in cases:
        answer = await http.get(url, params=query, headers=person.headers)
        assert answer.status_code == 404
        assert answer.json()["message"] == answer.json()["error"] == SOMETHING


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"receiver": 7}, 400),
        ({"receiver": "ada"}, 400),
        ({"receiver": "bob", "seq": 7}, 400),
        ({"receiver": "nobody"}, 404),
    ],
)
async def test_S12_a_conversation_needs_one_other_user(
    http: httpx.AsyncClient, ada: Person, bob: Person, body: object, status: int
) -> None:
    answer = await http.post("/conversations", json=body, headers=ada.headers)
    assert answer.status_code == status
    assert answer.json()["message"] == answer.json()["error"] == SOMETHING


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many"])
async def test_a_limit_out_of_range_is_400(
    http: httpx.AsyncClient, ada: Person, limit: str
) -> None:
    answer = await http.get("/conversations", params={"limit": limit}, headers=ada.headers)
    assert (answer.status_code, answer.json()["field"]) == (400, "limit")


async def test_a_request_without_a_token_is_401(http: httpx.AsyncClient) -> None:
    answers = [
        await http.get("/conversations"),
        await http.post("/conversations", json={"receiver": "bob"}),
        await http.get(f"/conversations/{new_id()}/messages"),
    ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.json()["message"] == answer.json()["error"] == SOMETHING


async def test_openapi_describes_the_routes(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/docs/openapi.json")).json()["paths"]
    assert {"get", "post"} <= set(paths["/conversations"])
    operation = paths["/conversations/{conversation_id}/messages"]["get"]
    assert {each["name"] for each in operation["parameters"]} == {
        "conversation_id",
        "limit",
        "before",
    }


async def _send(server: ChatServer, person: Person, receiver: str, text: str) -> Frame:
    """Send a message; the frame in which it is delivered."""
    async with connected(server, "/chat", person) as (client,):
        return await _stored(client, {"receiver": receiver, "content": text})


async def _stored(client: ClientSocket, frame: Frame) -> Frame:
    answer = await client.ask(frame)
    while answer.get("status") != "stored":
        answer = await client.receive()
    del answer["status"]
    return answer
