"""S22: the data of a user are in every place before an erasure, and in none afterwards."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backchannel.domain.erasures import ERASED_NAME
from tests.support.api import PASSWORD, Api, Caller, Json, check_value, document
from tests.support.canaries import (
    CANARY,
    KEPT,
    canary,
    completed,
    exported,
    fill,
    found,
    lines,
)
from tests.support.process import ServerProcess, server_process


@dataclass
class ErasureViews:
    """Other users' views before and after Ada's account was erased."""

    server: ServerProcess
    api: Api
    ada: Caller
    bob: Caller
    eve: Caller
    conversation_id: str
    before: set[str]
    export: zipfile.ZipFile
    asked: Json
    refused: Json
    eve_before: list[Json] = field(default_factory=list)
    receipt: Json = field(default_factory=dict)
    after: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Generator[ErasureViews]:
    with server_process(tmp_path_factory.mktemp("erasure"), trusted_proxies="127.0.0.1") as server:
        api = Api(server.address)
        seen = erase_account(server, api)
        yield seen
        api.close()


def erase_account(server: ServerProcess, api: Api) -> ErasureViews:
    account = {
        "username": canary("name"),
        "email": f"{canary('mail')}@example.org",
        "display_name": canary("shown"),
    }
    api.anonymous.post("/v1/register", password=PASSWORD, **account)
    for agent in ("ended", "agent"):
        api.anonymous._http.headers["user-agent"] = canary(agent)
        ada = api.login(account["username"])
        if agent == "ended":
            ada.done("POST", "/v1/logout")
    api.anonymous._http.headers["user-agent"] = "another client"
    bob, eve = api.new_user("bob"), api.new_user("eve")
    fill(api, ada, bob)
    eve.send(bob, "Eve's words")
    seen = ErasureViews(
        server=server,
        api=api,
        ada=ada,
        bob=bob,
        eve=eve,
        conversation_id=ada.get("/v1/conversations", kind="direct")["items"][0]["id"],
        before=found(server),
        export=exported(ada),
        refused=ada.refused(403, "DELETE", "/v1/me", json={"password": "not the one at all"}),
        eve_before=lines(exported(eve), "messages.jsonl"),
        asked={},
    )
    seen.asked = ada.done("DELETE", "/v1/me", json={"password": PASSWORD})
    seen.receipt = completed(api, seen.asked["url"])
    seen.after = found(server)
    return seen


def test_S22_an_erasure_removes_the_canary_from_every_place(views: ErasureViews) -> None:
    assert set(KEPT) - views.before == set()
    assert views.after == set()


def test_S22_an_export_contains_everything_of_the_user(views: ErasureViews) -> None:
    whole = b"".join(views.export.read(name) for name in views.export.namelist())
    names = " ".join(views.export.namelist())
    missing = {each for each in KEPT if canary(each).encode() not in whole + names.encode()}
    assert missing == {"begun"}  # a half upload is not a file
    messages = lines(views.export, "messages.jsonl")
    assert "these are Bob's words" in {each["body"] for each in messages}
    seqs = [each["seq"] for each in messages if each["conversation_id"] == views.conversation_id]
    assert seqs == list(range(1, len(seqs) + 1))
    (deleted,) = (each for each in messages if each["deleted_at"])
    assert (deleted["seq"], deleted["body"]) == (3, "")
    assert {each["agent"] for each in lines(views.export, "logins.jsonl")} == {
        canary("ended"),
        canary("agent"),
    }
    for file in lines(views.export, "files.jsonl"):
        assert views.export.getinfo(file["path"]).file_size == file["size"]
    assert "README.txt" in views.export.namelist()
    assert not {b"$argon2", b"eyJ"} & {part for part in (b"$argon2", b"eyJ") if part in whole}


def test_S22_the_peer_sees_tombstones_without_gaps_or_text(views: ErasureViews) -> None:
    path = f"/v1/conversations/{views.conversation_id}"
    page = views.bob.get(f"{path}/messages", limit=200)["items"]
    assert [each["seq"] for each in page] == list(range(1, 127))
    own = [each for each in page if each["sender_id"] == views.bob.id]
    assert [each["body"] for each in own] == [
        "these are Bob's words",
        *(f"Bob's answer {number}" for number in range(60)),
    ]
    theirs = [each for each in page if each["sender_id"] != views.bob.id]
    assert {each["body"] for each in theirs} == {""}
    assert all(each["deleted_at"] and not each["files"] for each in theirs)
    assert not any(each["reactions"] for each in page)
    peer = views.bob.get(path)["peer"]
    assert (peer["id"], peer["display_name"], peer["deleted"]) == (
        views.ada.id,
        ERASED_NAME,
        True,
    )
    refused = views.bob.refused(403, "POST", "/v1/messages", json={"to": views.ada.id, "body": "?"})
    assert refused["code"] == "account_disabled"


def test_S22_R7_a_late_device_learns_of_each_deletion(views: ErasureViews) -> None:
    events: list[Json] = []
    position, more = 0, True
    while more:
        page = views.bob.get("/v1/sync", position=position)
        events += page["events"]
        position, more = page["position"], page["more"]
    assert CANARY not in json.dumps(events)
    deleted = {event["data"]["seq"] for event in events if event["kind"] == "delete"}
    history = f"/v1/conversations/{views.conversation_id}/messages"
    page = views.bob.get(history, limit=200)["items"]
    assert deleted == {each["seq"] for each in page if each["deleted_at"]}
    assert {"kind": "profile", "user_id": views.ada.id} in [
        {"kind": event["kind"], **event["data"]} for event in events if event["kind"] == "profile"
    ]


def test_S22_other_users_lose_nothing(views: ErasureViews) -> None:
    assert lines(exported(views.eve), "messages.jsonl") == views.eve_before


def test_S22_a_wrong_password_erases_nothing(views: ErasureViews) -> None:
    assert (views.refused["code"], views.refused["field"]) == ("wrong_password", "password")


def test_S22_the_receipt_has_counts_and_no_names(views: ErasureViews) -> None:
    assert views.asked["status"] == "pending"
    check_value(views.receipt, document()["components"]["schemas"]["Erasure"])
    erased = views.receipt["erased"]
    assert (erased["messages"], erased["sessions"], erased["files"], erased["uploads"]) == (
        65 + 2,  # the last two are a question and its answer
        1,
        2,
        1,
    )
    assert (erased["logins"], erased["reactions"]) == (2, 1)
    for personal in (CANARY, views.ada.id, views.bob.id):
        assert personal not in json.dumps(views.receipt)
    views.api.anonymous.refused(404, "GET", f"{views.receipt['url']}x")


def test_S22_only_the_servers_receipt_is_genuine(views: ErasureViews, tmp_path: Path) -> None:
    def check(receipt: Json) -> int:
        path = tmp_path / "receipt.json"
        path.write_text(json.dumps(receipt))
        command = [sys.executable, "-m", "backchannel", "user", "receipt", str(path)]
        data = ["--data-dir", str(views.server.data)]
        return subprocess.run(
            [*command, *data], cwd=tmp_path, check=False, capture_output=True
        ).returncode

    assert check(views.receipt) == 0
    assert check({**views.receipt, "completed_at": "2001-01-01T00:00:00.000Z"}) == 1


def test_S22_a_deleted_user_cannot_log_in_and_the_name_is_free(views: ErasureViews) -> None:
    for method, path in (("GET", "/v1/me"), ("GET", "/v1/me/export"), ("DELETE", "/v1/me")):
        views.ada.refused(401, method, path, json={"password": PASSWORD})
    renewal = {"refresh_token": views.ada.tokens["refresh_token"]}
    views.api.anonymous.refused(401, "POST", "/v1/refresh", json=renewal)
    for name in (canary("name"), f"{canary('mail')}@example.org", views.ada.id):
        guess = {"identifier": name, "password": PASSWORD}
        views.api.anonymous.refused(401, "POST", "/v1/login", json=guess)
    views.api.anonymous.refused(
        400, "POST", "/v1/register", json={"username": views.ada.id, "password": PASSWORD}
    )
    views.api.anonymous.post("/v1/register", username=canary("name"), password=PASSWORD)
    again = views.api.login(canary("name"))
    assert again.id != views.ada.id
    answer = views.bob.post("/v1/messages", to=canary("name"), body="are you new?")
    assert answer["conversation_id"] != views.conversation_id
    assert [each["peer_id"] for each in again.get("/v1/conversations")["items"]] == [views.bob.id]
