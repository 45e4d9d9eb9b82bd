"""Bodies are valid, or the refusal names the field (rule S12)."""

import asyncio
import re
import time
from collections.abc import Callable

import msgspec
import pytest

from backchannel.domain.errors import Invalid
from backchannel.http import requests
from backchannel.http.validation import decode
from tests.http.conftest import Client

REFUSED = [
    (
        '{"name": "a", "role": "admin"}',
        "role",
        "unknown field 'role'; known are: name, size, tags, inner, kind",
    ),
    ('{"size": 1}', "name", "name is missing"),
    ('{"name": 5}', "name", "name must be a string, not a whole number"),
    ('{"name": null}', "name", "name must be a string, not null"),
    ('{"name": "a", "size": "5"}', "size", "size must be a whole number, not a string"),
    ('{"name": "a", "size": 1.5}', "size", "size must be a whole number, not a number"),
    ('{"name": "a", "size": true}', "size", "size must be a whole number, not true or false"),
    ('{"name": "abcdef"}', "name", "name must have at most 5 characters"),
    ('{"name": "a", "tags": [1]}', "tags[0]", "tags[0] must be a string, not a whole number"),
    ('{"name": "a", "inner": {}}', "inner.count", "inner.count is missing"),
    ('{"name": "a", "inner": {"count": 1, "x": 2}}', "inner.x", "unknown field 'inner.x'"),
    ('{"name": "a", "name": "b"}', "name", "name is given more than once"),
    ('{"name": "a", "n\\u0061me": "b"}', "name", "name is given more than once"),
    ('{"name": "a", "inner": {"count": 1, "count": 2}}', "count", "count is given more than once"),
    ('{"name": "a", "kind": "c"}', "kind", "kind must be one of: a, b"),
    ("[]", None, "the body must be an object, not a list"),
    ("", None, "the request needs a JSON body"),
]


@pytest.mark.parametrize(
    ("body", "field", "text"), REFUSED, ids=[each[0] or "-" for each in REFUSED]
)
def test_S12_refusal_names_the_field(
    client: Client, body: str, field: str | None, text: str
) -> None:
    response = client().post("/thing", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["message"] == text
    assert response.json().get("field") == field


def test_S18_a_body_has_a_limited_number_of_values() -> None:
    decoder = msgspec.json.Decoder(list[str])
    few = ["a"] * 9_000
    assert decode(msgspec.json.encode(few), decoder) == few
    with pytest.raises(Invalid, match="the body has more than 10,000 JSON values"):
        decode(msgspec.json.encode(["a"] * 10_001), decoder)


@pytest.mark.parametrize(
    "body", ["{", '{"name": "\\ud800"}', '{"name": "a",}', "\x00", "nul", '"\xff"']
)
def test_bad_json_is_400(client: Client, body: str) -> None:
    response = client().post("/thing", content=body.encode("latin-1"))
    assert response.status_code == 400
    assert response.json()["message"].startswith("the body")


@pytest.mark.parametrize(
    ("charset", "status"),
    [("utf-8", 201), ('"UTF-8"', 201), ("utf-16", 415), ("latin1", 415), ("utf-7", 415)],
)
@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
def test_S12_bodies_are_utf_8(client: Client, media_type: str, charset: str, status: int) -> None:
    body = "name=a" if media_type.endswith("urlencoded") else '{"name": "a"}'
    headers = {"content-type": f"{media_type}; charset={charset}"}
    assert client().post("/form", content=body, headers=headers).status_code == status


def test_deep_nesting_is_400(client: Client) -> None:
    assert client().post("/thing", content=b"[" * 990).status_code == 400


def test_unknown_field_is_shown_safely_and_briefly(client: Client) -> None:
    response = client().post("/thing", json={"name": "a", "x\r\n" + "y" * 500: 1})
    assert response.status_code == 400
    assert len(response.json()["field"]) == 64
    assert "\n" not in response.json()["message"]


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", "application/x+json", None],
)
def test_json_by_any_name_is_taken(client: Client, media_type: str | None) -> None:
    headers = {"content-type": media_type} if media_type else {}
    assert client().post("/thing", content=b'{"name":"a"}', headers=headers).status_code == 201


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "x"])
def test_other_media_types_are_415(client: Client, media_type: str) -> None:
    headers = {"content-type": media_type}
    response = client().post("/thing", content=b'{"name":"a"}', headers=headers)
    assert response.status_code == 415
    assert response.json()["message"] == "send the body as application/json"


def test_a_form_is_accepted_by_routes_that_allow_it(client: Client) -> None:
    asked = client()
    assert asked.post("/form", data={"name": "a b", "size": "7"}).json()["size"] == 7
    refused = asked.post("/form", data={"name": "a", "role": "admin"})
    assert refused.status_code == 400
    assert refused.json()["field"] == "role"


@pytest.mark.parametrize(
    ("reader", "limit", "bodies", "media_type"),
    [
        ("read_form", "FORM_AT_ONCE", ["name=a", "name=ab"], "application/x-www-form-urlencoded"),
        ("decode", "JSON_AT_ONCE", ['{"name":"a"}', '{"name":"ab"}'], "application/json"),
    ],
)
def test_R13_a_large_body_is_read_in_a_thread(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    reader: str,
    limit: str,
    bodies: list[str],
    media_type: str,
) -> None:
    on_the_loop: list[bool] = []
    original: Callable[..., object] = getattr(requests, reader)

    def read(*body: object) -> object:
        on_the_loop.append(asyncio._get_running_loop() is not None)
        return original(*body)

    monkeypatch.setattr(requests, reader, read)
    monkeypatch.setattr(requests, limit, len(bodies[0]))
    asked = client()
    for body in bodies:
        answer = asked.post("/form", content=body, headers={"content-type": media_type})
        assert answer.json()["name"] in body
    assert on_the_loop == [True, False]


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ("name=a&size=1&n%61me=b", "name", "name is given more than once"),
        ("name=a" + "&" * 64, None, "a form may have at most 64 fields"),
    ],
)
def test_S12_a_form_has_a_limited_number_of_fields_without_repeats(
    client: Client, body: str, field: str | None, text: str
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = client().post("/form", content=body, headers=headers)
    assert response.status_code == 400
    assert response.json()["message"] == text
    assert response.json().get("field") == field


@pytest.mark.parametrize(
    "body",
    [
        b'["\\ud83d"]',
        b'["\\ude00"]',
        b'["\\ud83dx and more text behind it"]',
        b'["\\ud83d\\u0041 and more text behind it"]',
        b'["' + b"a" * 1000 + b'\\ud83d"]',
    ],
)
def test_half_a_surrogate_pair_is_named(body: bytes) -> None:
    with pytest.raises(Invalid, match="half a surrogate pair"):
        decode(body, msgspec.json.Decoder())


@pytest.mark.parametrize("body", [b"", b" " * 9, b'["\\ud83d\\ude00', b'["' + b"a" * 1000])
def test_a_body_that_is_cut_is_invalid_json(body: bytes) -> None:
    with pytest.raises(Invalid, match="not valid JSON: Input data was truncated"):
        decode(body, msgspec.json.Decoder())


def test_the_cause_of_invalid_json_is_searched_in_a_part_of_a_long_body_only() -> None:
    body, decoder = b" " * 1_000_000, msgspec.json.Decoder()
    began = time.thread_time()
    assert re.search(rb"\\u[dD][89abAB]|(?<!\\u[dD])\\u[dD][c-fC-F]", body) is None
    searched = time.thread_time() - began
    began = time.thread_time()
    with pytest.raises(Invalid):
        decode(body, decoder)
    assert time.thread_time() - began < searched / 3
