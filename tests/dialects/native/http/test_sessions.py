"""Sessions: conversations with the server's responder."""

from tests.support.api import Caller


def test_session_is_opened_once_per_key(ada: Caller) -> None:
    first = ada.post("/v1/sessions", key="plans", name="Holiday plans")
    again = ada.post("/v1/sessions", key="plans", name="Another name")
    assert first["id"] == again["id"]
    assert again["name"] == "Holiday plans"
    assert first["kind"] == "session"
    assert first["peer"] is None
    assert ada.post("/v1/sessions")["key"] != ada.post("/v1/sessions")["key"]


def test_same_key_of_another_user_is_another_session(ada: Caller, bob: Caller) -> None:
    assert ada.post("/v1/sessions", key="k")["id"] != bob.post("/v1/sessions", key="k")["id"]


def test_session_is_renamed_written_in_and_deleted(ada: Caller) -> None:
    opened = ada.post("/v1/sessions")
    path = f"/v1/sessions/{opened['id']}"
    ada.done("PATCH", path, json={"name": "Renamed"})
    assert ada.get(f"/v1/conversations/{opened['id']}")["name"] == "Renamed"
    sent = ada.post("/v1/messages", conversation_id=opened["id"], body="hello")
    assert sent["recipient_id"] == "server"
    ada.done("DELETE", path)
    assert opened["id"] not in str(ada.get("/v1/conversations"))
    ada.refused(404, "DELETE", path)


def test_an_exceeded_limit_names_its_field(ada: Caller) -> None:
    assert ada.refused(400, "POST", "/v1/sessions", json={"name": ""})["field"] == "name"
    assert ada.refused(400, "POST", "/v1/sessions", json={"key": "k" * 129})["field"] == "key"


def test_direct_conversation_is_not_a_session(ada: Caller, bob: Caller) -> None:
    conversation_id = ada.send(bob, "hi")["conversation_id"]
    ada.refused(404, "DELETE", f"/v1/sessions/{conversation_id}")
