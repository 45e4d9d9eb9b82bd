"""Message requests over the native API: listed separately, read, accepted and declined."""

import pytest

from tests.support.api import Api, Caller, Json


@pytest.fixture
def asked(api: Api) -> Caller:
    """A user to whom first messages are requests."""
    made = api.new_user("asked")
    made.done("PATCH", "/v1/me/privacy", json={"first_messages": "requests"})
    return made


def listed(caller: Caller, path: str = "/v1/requests", **query: object) -> list[Json]:
    items: list[Json] = caller.get(path, **query)["items"]
    return items


def test_first_messages_is_everybody_or_requests(asked: Caller) -> None:
    assert asked.get("/v1/me/privacy")["first_messages"] == "requests"
    changed = asked.done("PATCH", "/v1/me/privacy", json={"typing": "nobody"})
    assert (changed["typing"], changed["first_messages"]) == ("nobody", "requests")
    problem = asked.refused(400, "PATCH", "/v1/me/privacy", json={"first_messages": "nobody"})
    assert problem["field"] == "first_messages"


def test_a_request_is_listed_separately_and_can_be_read(ada: Caller, asked: Caller) -> None:
    sent = ada.send(asked, "hello")
    assert listed(asked, "/v1/conversations") == []
    (request,) = listed(asked)
    assert (request["id"], request["request"]) == (sent["conversation_id"], "pending")
    assert request["peer"]["username"] == ada.username
    assert request["last_message"]["body"] == "hello"
    (message,) = listed(asked, f"/v1/conversations/{request['id']}/messages")
    assert message["body"] == "hello"
    assert listed(ada, f"/v1/conversations/{request['id']}/messages")
    own = next(each for each in listed(ada, "/v1/conversations") if each["id"] == request["id"])
    assert (own["request"], own["theirs"]["read_seq"]) == (None, 0)


def test_requests_are_paged(api: Api, asked: Caller) -> None:
    senders = [api.new_user("sender") for _ in range(3)]
    sent = [sender.send(asked, "hello")["conversation_id"] for sender in senders]
    first = asked.get("/v1/requests", limit=2)
    rest = asked.get("/v1/requests", limit=2, cursor=first["next"])
    found = [each["id"] for each in (*first["items"], *rest["items"])]
    assert sorted(found) == sorted(sent)
    assert rest["next"] is None
    asked.refused(400, "GET", "/v1/requests", params={"cursor": "x"})


def test_an_accepted_request_is_a_conversation(ada: Caller, asked: Caller) -> None:
    conversation_id = ada.send(asked, "hello")["conversation_id"]
    for _ in range(2):
        answer = asked.ask("POST", f"/v1/requests/{conversation_id}/accept")
        assert answer.status_code == 204
    assert listed(asked) == []
    (accepted,) = listed(asked, "/v1/conversations")
    assert (accepted["request"], accepted["unread"]) == (None, 1)


def test_a_declined_request_is_listed_as_declined(ada: Caller, asked: Caller) -> None:
    conversation_id = ada.send(asked, "hello")["conversation_id"]
    assert asked.ask("POST", f"/v1/requests/{conversation_id}/decline").status_code == 204
    assert listed(asked) == listed(asked, "/v1/conversations") == []
    assert [each["id"] for each in listed(asked, declined=True)] == [conversation_id]
    ada.send(asked, "hello?")
    assert listed(asked) == []


def test_S11_a_blocked_sender_gets_the_same_answers(ada: Caller, asked: Caller) -> None:
    ada.send(asked, "hello")
    assert asked.ask("PUT", f"/v1/blocks/{ada.username}").status_code == 204
    answers = [ada.send(asked, str(number)) for number in range(2, 21)]
    assert [each["seq"] for each in answers] == list(range(2, 21))
    message = {"to": asked.username, "body": "one more"}
    problem = ada.refused(403, "POST", "/v1/messages", json=message)
    assert problem["code"] == "request_unanswered"
