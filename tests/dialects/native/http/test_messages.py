"""Send, edit, delete, react."""

import pytest

from backchannel.domain.revisions import REACTION_KINDS
from tests.support.api import Caller, Json


def path_of(message: Json) -> str:
    return f"/v1/conversations/{message['conversation_id']}/messages/{message['seq']}"


def test_a_message_can_be_sent_to_an_id_a_name_or_a_conversation(ada: Caller, bob: Caller) -> None:
    first = ada.post("/v1/messages", to=bob.id, body="one")
    second = ada.post("/v1/messages", to=bob.username, body="two")
    third = bob.post("/v1/messages", conversation_id=first["conversation_id"], body="three")
    assert [each["seq"] for each in (first, second, third)] == [1, 2, 3]
    assert first["recipient_id"] == bob.id
    assert third["recipient_id"] == ada.id
    assert first["created_at"].endswith("Z")


def test_R2_repeated_client_id_is_stored_once(ada: Caller, bob: Caller) -> None:
    message = {"to": bob.id, "body": "once", "client_id": "c-1"}
    first = ada.ask("POST", "/v1/messages", json=message)
    again = ada.ask("POST", "/v1/messages", json=message)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = {**message, "body": "not the same"}
    problem = ada.refused(409, "POST", "/v1/messages", json=other)
    assert problem["code"] == "client_id_reused"


def test_the_client_id_is_sent_only_to_its_sender(ada: Caller, bob: Caller) -> None:
    sent = ada.send(bob, "hello", client_id="mine")
    assert sent["client_id"] == "mine"
    page = f"/v1/conversations/{sent['conversation_id']}/messages"
    assert "client_id" in ada.get(page)["items"][0]
    assert "client_id" not in bob.get(page)["items"][0]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": " \n"}, "body"),
        ({"body": "x" * 65_537}, "body"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "x" * 129}, "client_id"),
        ({"to": None}, "to"),
        ({"conversation_id": "both"}, "to"),
        ({"reply_to": -1}, "reply_to"),
        ({"reply_to": 2**60}, "reply_to"),
    ],
)
def test_send_names_the_field_at_fault(ada: Caller, bob: Caller, given: Json, field: str) -> None:
    message = {"to": bob.id, "body": "hello", **given}
    assert ada.refused(400, "POST", "/v1/messages", json=message)["field"] == field


def test_longest_body_arrives_whole(ada: Caller, bob: Caller) -> None:
    body = "é" * 32_768
    assert ada.send(bob, body)["body"] == body


def test_a_message_to_oneself_or_an_unknown_user_is_refused(ada: Caller) -> None:
    me = {"to": ada.username, "body": "me"}
    assert ada.refused(400, "POST", "/v1/messages", json=me)["field"] == "to"
    unknown = {"to": "no.such.person", "body": "boo"}
    assert ada.refused(404, "POST", "/v1/messages", json=unknown)["field"] == "to"


def test_a_reply_needs_an_existing_message(ada: Caller, bob: Caller) -> None:
    first = ada.send(bob, "question")
    assert bob.send(ada, "answer", reply_to=first["seq"])["reply_to"] == first["seq"]
    missing = {"to": ada.id, "body": "answer", "reply_to": 99}
    bob.refused(404, "POST", "/v1/messages", json=missing)


def test_R7_only_the_sender_can_edit_and_delete(ada: Caller, bob: Caller) -> None:
    sent = ada.send(bob, "tyop")
    path = path_of(sent)
    edited = ada.done("PATCH", path, json={"body": "typo"})
    assert edited["body"] == "typo"
    assert edited["revision"] == 1
    assert edited["edited_at"] is not None
    assert bob.refused(403, "PATCH", path, json={"body": "mine now"})["code"] == "forbidden"
    bob.refused(403, "DELETE", path)
    deleted = ada.done("DELETE", path)
    assert deleted["body"] == ""
    assert deleted["deleted_at"] is not None
    assert ada.done("DELETE", path) == deleted
    ada.refused(409, "PATCH", path, json={"body": "back again"})
    page = bob.get(f"/v1/conversations/{sent['conversation_id']}/messages")
    assert page["items"][0]["body"] == ""


def test_reactions_come_and_go(ada: Caller, bob: Caller) -> None:
    path = path_of(ada.send(bob, "good news"))
    family = "👨‍👩‍👧‍👦"
    assert bob.done("PUT", f"{path}/reactions/{family}")["reactions"] == {family: [bob.id]}
    both = ada.done("PUT", f"{path}/reactions/{family}")
    assert sorted(both["reactions"][family]) == sorted([ada.id, bob.id])
    assert ada.done("DELETE", f"{path}/reactions/{family}")["reactions"] == {family: [bob.id]}
    assert bob.done("DELETE", f"{path}/reactions/{family}")["reactions"] == {}
    assert ada.refused(400, "PUT", f"{path}/reactions/{'x' * 65}")["field"] == "emoji"


def test_one_reaction_too_many_is_refused_by_its_field(ada: Caller, bob: Caller) -> None:
    path = path_of(ada.send(bob, "good news"))
    faces = [chr(0x1F600 + number) for number in range(REACTION_KINDS + 1)]
    for face in faces[:-1]:
        bob.done("PUT", f"{path}/reactions/{face}")
    assert ada.refused(409, "PUT", f"{path}/reactions/{faces[-1]}")["field"] == "emoji"


@pytest.mark.parametrize("seq", ["0", "-1", "x", "9" * 30, str(2**53)])
def test_out_of_range_seq_numbers_are_refused(ada: Caller, bob: Caller, seq: str) -> None:
    sent = ada.send(bob, "here")
    path = f"/v1/conversations/{sent['conversation_id']}/messages/{seq}"
    assert ada.ask("DELETE", path).status_code in {400, 404}


def test_unknown_number_is_404(ada: Caller, bob: Caller) -> None:
    sent = ada.send(bob, "here")
    path = f"/v1/conversations/{sent['conversation_id']}/messages/{2**53 - 1}"
    ada.refused(404, "DELETE", path)


def test_blocked_people_cannot_write(ada: Caller, bob: Caller) -> None:
    bob.done("PUT", f"/v1/blocks/{ada.username}")
    assert [each["id"] for each in bob.get("/v1/blocks")["items"]] == [ada.id]
    message = {"to": bob.id, "body": "hello?"}
    assert ada.refused(403, "POST", "/v1/messages", json=message)["code"] == "blocked"
    bob.done("DELETE", f"/v1/blocks/{ada.id}")
    assert ada.send(bob, "hello!")["seq"] == 1
    assert bob.get("/v1/blocks") == {"items": [], "next": None}
    bob.refused(404, "PUT", "/v1/blocks/no.such.person")
    assert bob.refused(400, "PUT", f"/v1/blocks/{bob.id}")["code"] == "invalid"


def test_R6_the_sender_is_told_when_a_message_was_delivered_and_read(
    ada: Caller, bob: Caller
) -> None:
    message = ada.send(bob, "hello")
    path = path_of(message) + "/receipt"
    assert ada.get(path) == {"delivered_at": None, "read_at": None}
    bob.ask("PUT", f"/v1/conversations/{message['conversation_id']}/read", json={"seq": 1})
    times = ada.get(path)
    assert message["created_at"] <= times["delivered_at"] == times["read_at"]
    assert bob.refused(403, "GET", path)["code"] == "forbidden"
    ada.refused(404, "GET", path.replace("/1/", "/2/"))
    ada.done("DELETE", path_of(message))
    assert ada.refused(404, "GET", path)["detail"] == "the message has been deleted"
