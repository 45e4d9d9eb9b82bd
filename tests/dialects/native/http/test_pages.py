"""All lists of the native API have one form: `limit` and `cursor` in, `items` and `next` out."""

from collections.abc import Callable

import pytest

from tests.support.api import Api, Caller, Json, operations

LISTS = [
    each
    for each in operations()
    if each.method == "GET"
    and any(p["name"] == "cursor" for p in each.described.get("parameters", ()))
]


def test_every_list_is_known_to_this_test() -> None:
    assert {each.path for each in LISTS} == {
        "/v1/blocks",
        "/v1/conversations",
        "/v1/conversations/{conversation_id}/messages",
        "/v1/invitations",
        "/v1/logins",
        "/v1/requests",
        "/v1/search",
        "/v1/sessions",
        "/v1/users",
    }


def walked(page_of: Callable[..., Json], path: str, **query: object) -> list[Json]:
    """All items of a list, two at a time."""
    found: list[Json] = []
    while True:
        page = page_of(path, limit=2, **query)
        assert set(page) == {"items", "next"}
        assert len(page["items"]) <= 2
        found += page["items"]
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def test_every_list_is_walked_to_its_end(api: Api, ada: Caller) -> None:
    peers = [api.new_user("peer") for _ in range(5)]
    for number, peer in enumerate(peers):
        ada.send(peer, "a word in common")
        ada.post("/v1/sessions", name=f"number {number}")
    blocking = [api.login(ada.username) for _ in range(4)]
    for peer in peers:
        ada.done("PUT", f"/v1/blocks/{peer.id}")
    newest_first = [peer.id for peer in reversed(peers)]
    assert [each["id"] for each in walked(ada.get, "/v1/blocks")] == newest_first
    direct = walked(ada.get, "/v1/conversations", kind="direct")
    assert [each["peer_id"] for each in direct] == newest_first
    sessions = walked(ada.get, "/v1/sessions")
    assert [each["name"] for each in sessions] == [f"number {n}" for n in (4, 3, 2, 1, 0)]
    assert sessions == walked(ada.get, "/v1/conversations", kind="session")
    everything = walked(ada.get, "/v1/conversations")
    assert {each["id"] for each in everything} == {each["id"] for each in direct + sessions}
    logins = [each["id"] for each in walked(ada.get, "/v1/logins")]
    begun = [ada.tokens["login_id"], *(each.tokens["login_id"] for each in blocking)]
    assert logins == begun[::-1]
    assert len(walked(ada.get, "/v1/search", q="word", order="newest")) == 5
    found = walked(ada.get, "/v1/users", search="peer")
    assert {each["id"] for each in found} >= {peer.id for peer in peers}


def test_requests_are_walked_to_their_end(api: Api) -> None:
    asked = api.new_user("asked")
    asked.done("PATCH", "/v1/me/privacy", json={"first_messages": "requests"})
    senders = [api.new_user("sender") for _ in range(5)]
    for sender in senders:
        sender.send(asked, "may I?")
    newest_first = [sender.id for sender in reversed(senders)]
    assert [each["peer_id"] for each in walked(asked.get, "/v1/requests")] == newest_first


def test_messages_are_walked_both_ways(ada: Caller, bob: Caller) -> None:
    sent = [ada.send(bob, f"number {n}") for n in range(1, 8)]
    path = f"/v1/conversations/{sent[0]['conversation_id']}/messages"
    assert [each["seq"] for each in walked(bob.get, path)] == [6, 7, 4, 5, 2, 3, 1]
    forward = bob.get(path, after=0, limit=3)
    assert [each["seq"] for each in forward["items"]] == [1, 2, 3]
    further = bob.get(path, cursor=forward["next"], limit=3)
    assert [each["seq"] for each in further["items"]] == [4, 5, 6]
    assert bob.get(path, cursor=further["next"], limit=3)["next"] is None
    assert bob.get(path, around=4, limit=3)["next"] is None


@pytest.mark.parametrize(
    "cursor",
    ["", "x", ".", "1e5.x", "-1.x", "9" * 16 + ".x", "\u0661.x", "1.x", "after.", "after.\u200b"],
)
@pytest.mark.parametrize("path", sorted(each.path for each in LISTS))
def test_a_foreign_cursor_is_refused(ada: Caller, bob: Caller, path: str, cursor: str) -> None:
    conversation_id = ada.send(bob, "hi")["conversation_id"]
    path = path.replace("{conversation_id}", conversation_id)
    query = {"cursor": cursor, **({"q": "hi", "order": "newest"} if "search" in path else {})}
    assert ada.refused(400, "GET", path, params=query)["field"] == "cursor"


@pytest.mark.parametrize("digits", ["\uff12", "\u0662", "1_0", " 2", "+2", "2.0", "2e0", "0x2"])
@pytest.mark.parametrize(
    "path", [*sorted(each.path for each in LISTS if "search" not in each.path), "/v1/sync"]
)
def test_a_number_in_a_query_is_written_in_ascii_digits(
    ada: Caller, bob: Caller, path: str, digits: str
) -> None:
    path = path.replace("{conversation_id}", ada.send(bob, "hi")["conversation_id"])
    query = {"limit": digits, **({"position": 0} if "sync" in path else {})}
    assert ada.refused(400, "GET", path, params=query)["field"] == "limit"


@pytest.mark.parametrize("digits", ["\uff11", "\u0661", "0_1", "%201", "+1", "1.0", "x", "0"])
def test_a_number_in_a_path_is_written_in_ascii_digits(
    ada: Caller, bob: Caller, digits: str
) -> None:
    path = f"/v1/conversations/{ada.send(bob, 'hi')['conversation_id']}/messages/{digits}"
    assert ada.refused(400, "DELETE", path)["field"] == "seq"


@pytest.mark.parametrize("path", ["/v1/blocks", "/v1/logins", "/v1/sessions", "/v1/users"])
@pytest.mark.parametrize("limit", [0, 201, "many"])
def test_the_limit_of_a_page_is_bounded(ada: Caller, path: str, limit: object) -> None:
    assert ada.refused(400, "GET", path, params={"limit": limit})["field"] == "limit"


@pytest.mark.parametrize("bound", ["before", "after", "around"])
def test_a_cursor_excludes_before_after_and_around(ada: Caller, bob: Caller, bound: str) -> None:
    path = f"/v1/conversations/{ada.send(bob, 'hi')['conversation_id']}/messages"
    query = {"cursor": "before.3", bound: 2}
    assert ada.refused(400, "GET", path, params=query)["field"] == "cursor"
