"""Reports over the native API: of messages that the reported user has sent."""

import pytest

from backchannel.domain.reports import COMMENT_LIMIT, MESSAGES_LIMIT
from tests.support.api import Caller, Json


def report(caller: Caller, other: Caller, **more: object) -> Json:
    body = {"user": other.username, "reason": "spam", **more}
    return caller.done("POST", "/v1/reports", json=body)


def test_a_user_and_their_messages_are_reported(ada: Caller, bob: Caller) -> None:
    sent = bob.send(ada, "buy this")
    bob.done("DELETE", f"/v1/conversations/{sent['conversation_id']}/messages/{sent['seq']}")
    assert report(ada, bob, comment="every day", messages=[sent["seq"]])["id"]
    assert report(ada, bob)["created_at"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "boredom"}, "reason"),
        ({"comment": "x" * (COMMENT_LIMIT + 1)}, "comment"),
        ({"messages": list(range(1, MESSAGES_LIMIT + 2))}, "messages"),
        ({"messages": [0]}, "messages.0"),
        ({"user": ""}, "user"),
    ],
)
def test_the_invalid_argument_is_named(ada: Caller, bob: Caller, change: Json, field: str) -> None:
    body = {"user": bob.username, "reason": "spam", **change}
    problem = ada.refused(400, "POST", "/v1/reports", json=body)
    assert problem["field"].startswith(field.partition(".")[0])


def test_S11_only_messages_that_the_other_has_sent_to_you(
    ada: Caller, bob: Caller, eve: Caller
) -> None:
    own = ada.send(bob, "mine")
    eve.send(bob, "not for you")
    for other, seq in ((bob, own["seq"]), (eve, 1), (bob, 99)):
        body = {"user": other.id, "reason": "other", "messages": [seq]}
        assert ada.refused(404, "POST", "/v1/reports", json=body)["field"] == "messages"
    ada.refused(400, "POST", "/v1/reports", json={"user": ada.id, "reason": "other"})
    ada.refused(404, "POST", "/v1/reports", json={"user": "nobody-here", "reason": "other"})


def test_S18_reports_are_limited(ada: Caller, bob: Caller) -> None:
    for _ in range(20):
        report(ada, bob)
    problem = ada.refused(429, "POST", "/v1/reports", json={"user": bob.id, "reason": "other"})
    assert problem["retry_after"] > 0
    report(bob, ada)
