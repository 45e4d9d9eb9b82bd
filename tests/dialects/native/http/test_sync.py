"""Sync over HTTP: what a device that was away must learn (rule R5)."""

import pytest

from tests.support.api import Caller, Json


def pull(caller: Caller, position: int, **query: object) -> list[Json]:
    """Every event past `position`, page by page; each follows the one before it."""
    events: list[Json] = []
    while True:
        page = caller.get("/v1/sync", position=position, **query)
        for event in page["events"]:
            assert event["previous"] == position
            position = event["position"]
        events += page["events"]
        assert page["position"] == position
        if not page["more"]:
            return events


def test_R5_every_event_of_both_parties_in_order(ada: Caller, bob: Caller) -> None:
    sent = ada.send(bob, "one", client_id="c1")
    path = f"/v1/conversations/{sent['conversation_id']}/messages/1"
    ada.done("PATCH", path, json={"body": "two"})
    bob.done("PUT", f"{path}/reactions/👍")
    bob.done("PUT", f"/v1/conversations/{sent['conversation_id']}/read", json={"seq": 1})
    ada.done("DELETE", path)
    expected = ["message", "edit", "reaction", "receipt", "delete"]
    for caller in (ada, bob):
        assert [each["kind"] for each in pull(caller, 0, limit=2)] == expected
    assert pull(ada, 0)[0]["data"]["client_id"] == "c1"
    assert "client_id" not in pull(bob, 0)[0]["data"]


def test_profile_and_conversation_changes_are_events(ada: Caller) -> None:
    ada.done("PATCH", "/v1/me", json={"display_name": "New"})
    ada.post("/v1/sessions", key="k")
    kinds = {each["kind"]: each["data"] for each in pull(ada, 0)}
    assert kinds["profile"] == {"user_id": ada.id}
    assert set(kinds["conversation"]) == {"conversation_id", "change"}


def test_position_past_the_end_or_of_another_epoch_is_a_reset(ada: Caller) -> None:
    page = ada.get("/v1/sync")
    reset = ada.get("/v1/sync", position=999)
    assert (reset["reset"], reset["reason"]) == (True, "unknown_position")
    assert reset["epoch"] == page["epoch"]
    assert ada.get("/v1/sync", epoch="other")["reason"] == "epoch_changed"
    assert ada.get("/v1/sync", epoch=page["epoch"]) == page


@pytest.mark.parametrize(("field", "value"), [("position", -1), ("limit", 501), ("limit", 0)])
def test_sync_names_the_parameter_at_fault(ada: Caller, field: str, value: int) -> None:
    assert ada.refused(400, "GET", "/v1/sync", params={field: value})["field"] == field


def test_acknowledgement_makes_messages_delivered(ada: Caller, bob: Caller) -> None:
    conversation_id = ada.send(bob, "hi")["conversation_id"]
    bob.done("POST", "/v1/sync/ack", json={"position": 1})
    receipts: list[Json] = []
    while not receipts:  # collected for a moment, then written
        receipts = [each for each in pull(ada, 0) if each["kind"] == "receipt"]
    assert receipts[0]["data"] == {
        "conversation_id": conversation_id,
        "user_id": bob.id,
        "delivered_seq": 1,
        "read_seq": 0,
    }
