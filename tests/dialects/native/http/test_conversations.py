"""List conversations, read them, mark them as read, page through them."""

import pytest

from tests.support import media
from tests.support.api import Api, Caller
from tests.support.files import upload


def test_list_shows_peer_unread_and_last_message(ada: Caller, bob: Caller) -> None:
    assert ada.get("/v1/conversations") == {"items": [], "next": None}
    ada.send(bob, "one")
    sent = ada.send(bob, "two")
    (seen,) = bob.get("/v1/conversations")["items"]
    assert seen["peer"]["username"] == ada.username
    assert seen["unread"] == 2
    assert seen["last_seq"] == 2
    assert seen["last_message"]["body"] == "two"
    assert "client_id" not in seen["last_message"]
    (own,) = ada.get("/v1/conversations")["items"]
    assert own["unread"] == 0
    assert own["id"] == sent["conversation_id"]
    assert bob.get(f"/v1/conversations/{own['id']}") == seen


def test_history_pages_in_every_direction(ada: Caller, bob: Caller) -> None:
    sent = [ada.send(bob, f"number {n}") for n in range(1, 8)]
    path = f"/v1/conversations/{sent[0]['conversation_id']}/messages"

    def seqs(**query: object) -> list[int]:
        return [each["seq"] for each in bob.get(path, **query)["items"]]

    assert seqs() == [1, 2, 3, 4, 5, 6, 7]
    assert seqs(limit=3) == [5, 6, 7]
    assert seqs(before=5, limit=3) == [2, 3, 4]
    assert seqs(after=5) == [6, 7]
    assert seqs(around=4, limit=3) == [3, 4, 5]
    assert seqs(before=1) == []
    assert seqs(after=2**53 - 1) == []


def test_the_messages_with_files_are_listed(ada: Caller, bob: Caller) -> None:
    seqs = []
    for number in range(3):
        ada.send(bob, "no file")
        sent = ada.send(bob, "", files=[upload(ada, media.png(), f"{number}.png")["id"]])
        seqs.append(sent["seq"])
    path = f"/v1/conversations/{sent['conversation_id']}/messages"
    page = bob.get(path, has="files", limit=2)
    assert [each["seq"] for each in page["items"]] == seqs[1:]
    rest = bob.get(path, has="files", limit=2, cursor=page["next"])
    assert [each["seq"] for each in rest["items"]] == seqs[:1]
    newer = bob.get(path, has="files", after=seqs[0])
    assert [each["seq"] for each in newer["items"]] == seqs[1:]
    for bounds in ({"around": 1}, {"before": 9, "after": 1}):
        refused = bob.refused(400, "GET", path, params={"has": "files", **bounds})
        assert refused["field"] == "has"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"before": -1}, "before"),
        ({"after": 2**53}, "after"),
        ({"around": "1.5"}, "around"),
        ({"before": 1, "after": 1}, "before"),
    ],
)
def test_history_names_the_parameter_at_fault(
    ada: Caller, bob: Caller, query: dict[str, object], field: str
) -> None:
    path = f"/v1/conversations/{ada.send(bob, 'hi')['conversation_id']}/messages"
    assert ada.refused(400, "GET", path, params=query)["field"] == field


def test_R6_read_mark_moves_forward_only_and_stays_in_bounds(ada: Caller, bob: Caller) -> None:
    conversation_id = [ada.send(bob, "a"), ada.send(bob, "b")][0]["conversation_id"]
    path = f"/v1/conversations/{conversation_id}"
    bob.done("PUT", f"{path}/read", json={"seq": 2})
    bob.done("PUT", f"{path}/read", json={"seq": 1})
    assert bob.get(path)["mine"]["read_seq"] == 2
    assert bob.get(path)["unread"] == 0
    assert ada.get(path)["theirs"]["read_seq"] == 2
    assert bob.refused(400, "PUT", f"{path}/read", json={"seq": 3})["field"] == "seq"


def test_people_are_listed_searched_and_found(api: Api) -> None:
    names = sorted(api.new_user("zoë").username for _ in range(3))
    me = api.login(names[0])
    first = me.get("/v1/users", search="ZOË", limit=2)
    assert [each["username"] for each in first["items"]] == names[:2]
    rest = me.get("/v1/users", search="zoë", limit=2, cursor=first["next"])
    assert [each["username"] for each in rest["items"]] == names[2:]
    assert rest["next"] is None
    found = me.get(f"/v1/users/{names[2]}")
    assert me.get(f"/v1/users/{found['id']}") == found
    assert "email" not in found
    me.refused(404, "GET", "/v1/users/no.such.person")


@pytest.mark.parametrize("search", ["%", "_", "\\", "' or 1=1 --", "x" * 64])
def test_S24_wildcards_in_a_search_are_literal(ada: Caller, search: str) -> None:
    assert ada.get("/v1/users", search=search)["items"] == []


def test_R13_pages_of_long_messages_lose_none_of_them(ada: Caller, bob: Caller) -> None:
    sent = [ada.send(bob, "x" * 60_000) for _ in range(20)]
    path = f"/v1/conversations/{sent[0]['conversation_id']}/messages"
    for query in ({"after": 0}, {}):
        seqs: list[int] = []
        page = bob.get(path, limit=200, **query)
        while True:
            assert len(page["items"]) < 20
            seqs += [each["seq"] for each in page["items"]]
            if page["next"] is None:
                break
            page = bob.get(path, limit=200, cursor=page["next"])
        assert sorted(seqs) == list(range(1, 21))


def test_settings_are_announced_only_to_own_devices(ada: Caller, bob: Caller) -> None:
    path = f"/v1/conversations/{ada.send(bob, 'hi')['conversation_id']}"
    before = [each.get("/v1/sync", position=0)["position"] for each in (ada, bob)]
    change = {"pinned": True, "muted_until": "2030-05-04T20:00:00+02:00"}
    expected = {
        "pinned": True,
        "archived": False,
        "marked_unread": False,
        "muted_until": "2030-05-04T18:00:00.000Z",
    }
    assert ada.done("PATCH", f"{path}/settings", json=change) == expected
    assert ada.get(path)["settings"] == expected
    assert ada.get("/v1/conversations")["items"][0]["settings"] == expected
    (event,) = ada.get("/v1/sync", position=before[0])["events"]
    assert (event["kind"], event["data"]["change"]) == ("conversation", "settings")
    assert bob.get("/v1/sync", position=before[1])["events"] == []
    assert not any(bob.get(path)["settings"].values())
    change = {"muted_until": None, "marked_unread": True}
    kept = ada.done("PATCH", f"{path}/settings", json=change)
    assert kept == {**expected, "muted_until": None, "marked_unread": True}
    ada.done("PUT", f"{path}/read", json={"seq": 1})
    assert ada.get(path)["settings"]["marked_unread"] is False


@pytest.mark.parametrize(
    "until", ["soon", "2030-05-04T20:00:00", 1_900_000_000, "9999-12-31T23:59:59-12:00"]
)
def test_a_time_without_a_zone_or_out_of_range_is_refused(
    ada: Caller, bob: Caller, until: object
) -> None:
    path = f"/v1/conversations/{ada.send(bob, 'hi')['conversation_id']}/settings"
    assert ada.refused(400, "PATCH", path, json={"muted_until": until})["field"] == "muted_until"
