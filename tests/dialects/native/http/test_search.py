"""Search over HTTP: hits, their positions in the text, and access."""

import pytest

from tests.support.api import Api, Caller, Json


def hits(caller: Caller, q: str, **query: object) -> list[Json]:
    found: list[Json] = caller.get("/v1/search", q=q, **query)["items"]
    return found


def texts(caller: Caller, q: str, **query: object) -> list[str]:
    return [hit["snippet"]["text"] for hit in hits(caller, q, **query)]


def test_a_hit_names_its_message(ada: Caller, bob: Caller) -> None:
    for number in range(9):
        ada.send(bob, f"message {number}")
    (hit,) = hits(bob, "MESSAGE 4")
    assert hit["snippet"] == {"text": "message 4", "highlights": [[0, 7], [8, 9]]}
    assert (hit["seq"], hit["sender_id"]) == (5, ada.id)
    page = f"/v1/conversations/{hit['conversation_id']}/messages"
    around = bob.get(page, around=hit["seq"], limit=3)["items"]
    assert [message["seq"] for message in around] == [4, 5, 6]
    assert around[1]["id"] == hit["id"]


def test_hits_are_ordered_by_relevance_or_time(ada: Caller, bob: Caller) -> None:
    bodies = ["tea", "a steamship, and nothing but a steamship", "teapot", "team and tea time"]
    for text in bodies:
        ada.send(bob, text)
    assert texts(ada, "tea") == [bodies[0], bodies[3], bodies[2], bodies[1]]
    assert texts(ada, "tea", order="newest") == bodies[::-1]


def test_the_order_newest_has_pages(ada: Caller, bob: Caller) -> None:
    for number in range(5):
        ada.send(bob, f"page {number}")
    first = ada.get("/v1/search", q="page", order="newest", limit=3)
    rest = ada.get("/v1/search", q="page", order="newest", limit=3, cursor=first["next"])
    shown = [hit["snippet"]["text"] for hit in (*first["items"], *rest["items"])]
    assert shown == [f"page {number}" for number in reversed(range(5))]
    assert rest["next"] is None


def test_highlights_count_utf_16_code_units(ada: Caller, bob: Caller) -> None:
    ada.send(bob, "🚀🚀 Élan")
    assert hits(ada, "elan")[0]["snippet"] == {"text": "🚀🚀 Élan", "highlights": [[5, 9]]}


def test_S11_other_users_cannot_search_a_conversation(
    ada: Caller, bob: Caller, eve: Caller
) -> None:
    sent = ada.send(bob, "a secret meeting")
    assert hits(eve, "secret") == []
    for conversation in (sent["conversation_id"], "nowhere"):
        query = {"q": "secret", "conversation_id": conversation}
        assert eve.refused(404, "GET", "/v1/search", params=query)["code"] == "not_found"
    query = {"q": "secret", "order": "newest", "cursor": sent["id"]}
    assert eve.refused(400, "GET", "/v1/search", params=query)["field"] == "cursor"
    assert len(hits(bob, "secret", conversation_id=sent["conversation_id"])) == 1


def test_R7_deleted_and_replaced_texts_are_not_found(ada: Caller, bob: Caller) -> None:
    sent = ada.send(bob, "the first wording")
    path = f"/v1/conversations/{sent['conversation_id']}/messages/{sent['seq']}"
    ada.done("PATCH", path, json={"body": "the second wording"})
    assert texts(bob, "wording") == ["the second wording"]
    assert texts(bob, "first") == []
    ada.done("DELETE", path)
    assert texts(bob, "wording") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": ""}, "q"),
        ({"q": '" "'}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a b c d e f g h i j k"}, "q"),
        ({"q": "x", "limit": 51}, "limit"),
        ({"q": "x", "order": "best"}, "order"),
        ({"q": "x", "cursor": "y"}, "cursor"),
        ({"q": "x", "cursor": "y", "order": "newest"}, "cursor"),
        ({"q": "x", "has": "pictures"}, "has"),
        ({"q": "x", "since": "yesterday"}, "since"),
        ({"q": "x", "until": "2026-05-04T00:00:00"}, "until"),
        ({}, "q"),
    ],
)
def test_S18_queries_are_bounded(ada: Caller, query: Json, field: str) -> None:
    assert ada.refused(400, "GET", "/v1/search", params=query)["field"] == field


@pytest.mark.parametrize("q", ['"', "secret^2", "body:secret", "x OR y", "NEAR(a b)", "*", "a\0b"])
def test_S24_operators_in_a_query_have_no_meaning(ada: Caller, bob: Caller, q: str) -> None:
    ada.send(bob, "body secret x y a b")
    answer = ada.ask("GET", "/v1/search", params={"q": q})
    assert answer.status_code in {200, 400}
    if answer.is_success:
        assert answer.json()["items"] == []


def test_S18_searches_are_throttled(api: Api) -> None:
    caller = api.new_user("searcher")
    answered = 0
    while (status := caller.ask("GET", "/v1/search", params={"q": "x"}).status_code) == 200:
        answered += 1
    assert status == 429
    assert answered >= 100


def test_filters_name_sender_kind_and_time(ada: Caller, bob: Caller) -> None:
    file_id = ada.done("POST", "/v1/files", files={"file": ("plan.txt", b"a plan")})["id"]
    ada.send(bob, "harbour plan", files=[file_id])
    answer = bob.send(ada, "harbour https://one.example")

    def only(**given: str) -> list[str]:
        found = ada.get("/v1/search", q="harbour", order="newest", **given)
        return [hit["snippet"]["text"] for hit in found["items"]]

    assert only(sender=bob.username) == only(has="links") == ["harbour https://one.example"]
    assert only(has="files") == only(until=answer["created_at"]) == ["harbour plan"]
    assert only(since=answer["created_at"], sender=ada.id) == []
    query = {"q": "harbour", "sender": "nobody-by-this-name"}
    assert ada.refused(404, "GET", "/v1/search", params=query)["field"] == "sender"
