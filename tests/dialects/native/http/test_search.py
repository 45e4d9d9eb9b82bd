"""Search over HTTP: what is found, where it stands, and whose it is."""

import pytest

from tests.support.api import Api, Caller, Json


def hits(caller: Caller, q: str, **query: object) -> list[Json]:
    found: list[Json] = caller.get("/v1/search", q=q, **query)["items"]
    return found


def texts(caller: Caller, q: str, **query: object) -> list[str]:
    return [hit["snippet"]["text"] for hit in hits(caller, q, **query)]


def test_a_hit_leads_to_its_message(ada: Caller, bob: Caller) -> None:
    for number in range(9):
        ada.say(bob, f"message {number}")
    (hit,) = hits(bob, "MESSAGE 4")
    assert hit["snippet"] == {"text": "message 4", "highlights": [[0, 7], [8, 9]]}
    assert (hit["seq"], hit["sender_id"]) == (5, ada.id)
    page = f"/v1/conversations/{hit['conversation_id']}/messages"
    around = bob.get(page, around=hit["seq"], limit=3)["items"]
    assert [message["seq"] for message in around] == [4, 5, 6]
    assert around[1]["id"] == hit["id"]


def test_the_best_come_first_or_the_newest(ada: Caller, bob: Caller) -> None:
    said = ["tea", "a steamship, and nothing but a steamship", "teapot", "team and tea time"]
    for text in said:
        ada.say(bob, text)
    assert texts(ada, "tea") == [said[0], said[3], said[2], said[1]]
    assert texts(ada, "tea", order="newest") == said[::-1]


def test_newest_goes_on_page_by_page(ada: Caller, bob: Caller) -> None:
    for number in range(5):
        ada.say(bob, f"page {number}")
    first = ada.get("/v1/search", q="page", order="newest", limit=3)
    rest = ada.get("/v1/search", q="page", order="newest", limit=3, cursor=first["next"])
    shown = [hit["snippet"]["text"] for hit in (*first["items"], *rest["items"])]
    assert shown == [f"page {number}" for number in reversed(range(5))]
    assert rest["next"] is None


def test_highlights_count_as_javascript_does(ada: Caller, bob: Caller) -> None:
    ada.say(bob, "🚀🚀 Élan")
    assert hits(ada, "elan")[0]["snippet"] == {"text": "🚀🚀 Élan", "highlights": [[5, 9]]}


def test_S11_strangers_find_nothing(ada: Caller, bob: Caller, eve: Caller) -> None:
    sent = ada.say(bob, "a secret meeting")
    assert hits(eve, "secret") == []
    for place in (sent["conversation_id"], "nowhere"):
        query = {"q": "secret", "conversation_id": place}
        assert eve.refused(404, "GET", "/v1/search", params=query)["code"] == "not_found"
    query = {"q": "secret", "order": "newest", "cursor": sent["id"]}
    assert eve.refused(400, "GET", "/v1/search", params=query)["field"] == "cursor"
    assert len(hits(bob, "secret", conversation_id=sent["conversation_id"])) == 1


def test_R7_what_was_deleted_or_replaced_is_not_found(ada: Caller, bob: Caller) -> None:
    sent = ada.say(bob, "the first wording")
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
        ({}, "q"),
    ],
)
def test_S18_queries_are_bounded(ada: Caller, query: Json, field: str) -> None:
    assert ada.refused(400, "GET", "/v1/search", params=query)["field"] == field


@pytest.mark.parametrize("q", ['"', "secret^2", "body:secret", "x OR y", "NEAR(a b)", "*", "a\0b"])
def test_S24_a_query_has_no_syntax(ada: Caller, bob: Caller, q: str) -> None:
    ada.say(bob, "body secret x y a b")
    answer = ada.ask("GET", "/v1/search", params={"q": q})
    assert answer.status_code in {200, 400}
    if answer.is_success:
        assert answer.json()["items"] == []


def test_S18_searching_without_pause_is_throttled(api: Api) -> None:
    caller = api.somebody("searcher")
    statuses = [caller.ask("GET", "/v1/search", params={"q": "x"}).status_code for _ in range(130)]
    assert statuses[:100] == [200] * 100
    assert statuses[-1] == 429
