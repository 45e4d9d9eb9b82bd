"""Rules that hold for every route, tried on every route the OpenAPI document has."""

from dataclasses import dataclass

import httpx
import pytest

from tests.support.api import Api, Caller, Json, Operation, operations, resolve

ALL = operations()
PRIVATE = [each for each in ALL if each.needs_login]
READING = [each for each in ALL if each.method == "GET" and each.path.startswith("/v1/")]
WITH_BODY = [each for each in ALL if each.body is not None]
OWNED = [
    each for each in PRIVATE if {"{conversation_id}", "{login_id}"} & set(each.path.split("/"))
]
NAMES = ("code", "conversation_id", "login_id", "user", "file_id", "upload_id", "erasure_id")
PLACES = {"seq": "1", "emoji": "👍", **dict.fromkeys(NAMES, "x")}


def ids(chosen: list[Operation]) -> list[str]:
    return [each.id for each in chosen]


@dataclass
class Belongings:
    """Resources that ada and bob have, and eve has not."""

    direct_id: str
    session_id: str
    login_id: str
    stranger: Caller


@pytest.fixture(scope="module")
def belongings(api: Api) -> Belongings:
    ada, bob = api.new_user("owner"), api.new_user("peer")
    return Belongings(
        ada.send(bob, "a secret")["conversation_id"],
        ada.post("/v1/sessions", key="private")["id"],
        ada.tokens["login_id"],
        api.new_user("stranger"),
    )


def test_the_lists_of_tested_operations_are_not_empty() -> None:
    assert len(OWNED) >= 9
    assert len(PRIVATE) >= 20
    assert len(WITH_BODY) >= 10


@pytest.mark.parametrize("operation", OWNED, ids=ids(OWNED))
def test_S11_users_outside_the_conversation_get_404(
    operation: Operation, belongings: Belongings
) -> None:
    for conversation_id in (belongings.direct_id, belongings.session_id):
        places = {**PLACES, "conversation_id": conversation_id, "login_id": belongings.login_id}
        path = operation.path.format(**places)
        problem = belongings.stranger.refused(404, operation.method, path, json=operation.body)
        assert problem["code"] == "not_found"


def test_S11_other_users_cannot_write_into_a_conversation(belongings: Belongings) -> None:
    for conversation_id in (belongings.direct_id, belongings.session_id):
        message = {"conversation_id": conversation_id, "body": "let me in"}
        belongings.stranger.refused(404, "POST", "/v1/messages", json=message)


@pytest.mark.parametrize("operation", PRIVATE, ids=ids(PRIVATE))
@pytest.mark.parametrize("credentials", [None, "x", "Bearer a.b.c", "Bearer \u00e9", "Basic eDp5"])
def test_S11_without_valid_tokens_the_answer_is_401(
    api: Api, operation: Operation, credentials: str | None
) -> None:
    headers = {} if credentials is None else {"authorization": credentials.encode()}
    path = operation.path.format(**PLACES)
    answer = api.anonymous.ask(operation.method, path, json=operation.body, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


def _asked(api: Api, belongings: Belongings, operation: Operation, body: object) -> httpx.Response:
    caller = belongings.stranger if operation.needs_login else api.anonymous
    return caller.ask(operation.method, operation.path.format(**PLACES), json=body)


def _is_switch(schema: Json) -> bool:
    return any(each.get("type") == "boolean" for each in (schema, *schema.get("oneOf", ())))


@pytest.mark.parametrize("extra", ["sender_id", "role", "seq_", "user_id"])
@pytest.mark.parametrize("operation", WITH_BODY, ids=ids(WITH_BODY))
def test_S12_unknown_field_is_refused(
    api: Api, belongings: Belongings, operation: Operation, extra: str
) -> None:
    answer = _asked(api, belongings, operation, {**(operation.body or {}), extra: "x"})
    assert answer.status_code == 400
    assert answer.json()["field"] == extra


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids(WITH_BODY))
def test_S12_mistyped_field_is_refused(
    api: Api, belongings: Belongings, operation: Operation
) -> None:
    for name in operation.body_schema["properties"]:
        schema = operation.body_schema["properties"][name]
        wrongs: list[object] = [{}]
        if not _is_switch(schema):
            wrongs.append(True)
        if schema.get("items", {}).get("type") != "integer":
            wrongs.append([7])
        for wrong in wrongs:
            answer = _asked(api, belongings, operation, {**(operation.body or {}), name: wrong})
            assert answer.status_code == 400
            assert answer.json()["field"].partition("[")[0] == name


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids(WITH_BODY))
def test_S12_missing_field_is_refused(
    api: Api, belongings: Belongings, operation: Operation
) -> None:
    for name in operation.body_schema.get("required", []):
        body = {key: value for key, value in (operation.body or {}).items() if key != name}
        answer = _asked(api, belongings, operation, body)
        assert answer.status_code == 400
        assert answer.json()["detail"] == f"{name} is missing"


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids(WITH_BODY))
def test_S12_schemas_of_bodies_allow_no_other_fields(operation: Operation) -> None:
    assert resolve(operation.body_schema)["additionalProperties"] is False


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids(WITH_BODY))
@pytest.mark.parametrize("content", [b"{", b"null", b"[]", b"\xff", b"", b'"x"'])
def test_bad_json_is_400(
    api: Api, belongings: Belongings, operation: Operation, content: bytes
) -> None:
    caller = belongings.stranger if operation.needs_login else api.anonymous
    path = operation.path.format(**PLACES)
    headers = {"content-type": "application/json"}
    caller.refused(400, operation.method, path, content=content, headers=headers)


@pytest.mark.parametrize("operation", WITH_BODY, ids=ids(WITH_BODY))
def test_wrong_media_type_is_415(api: Api, belongings: Belongings, operation: Operation) -> None:
    caller = belongings.stranger if operation.needs_login else api.anonymous
    path = operation.path.format(**PLACES)
    headers = {"content-type": "text/plain"}
    caller.refused(415, operation.method, path, content=b"{}", headers=headers)


@pytest.mark.parametrize("operation", ALL, ids=ids(list(ALL)))
def test_S15_every_route_has_the_security_headers(api: Api, operation: Operation) -> None:
    answer = api.anonymous.ask(operation.method, operation.path.format(**PLACES), json={})
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


STRINGS = [
    "'; DROP TABLE users; --",
    '" OR ""="',
    '{"$gt": ""}',
    "$where",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "line\r\nINFO forged entry",
    "\u202eright to left",
    "\ufeff\u200b",
    "%s%n{0}",
    "\U0001d54cnicode 👩‍🚀",
]


@pytest.mark.parametrize("text", STRINGS)
def test_S24_hostile_text_is_stored_and_returned_unchanged(api: Api, text: str) -> None:
    ada, bob = api.new_user("sender"), api.new_user("receiver")
    sent = ada.send(bob, text, client_id=text[:128])
    assert sent["body"] == text
    path = f"/v1/conversations/{sent['conversation_id']}/messages"
    assert bob.get(path)["items"][0]["body"] == text
    for parameter in ("search", "after"):
        answer = ada.ask("GET", "/v1/users", params={parameter: text[:64]})
        assert answer.status_code in {200, 400}
    guess = {"identifier": text, "password": text}
    assert api.anonymous.ask("POST", "/v1/login", json=guess).status_code in {400, 401}


def test_a_nul_character_in_a_text_is_no_server_error(ada: Caller, bob: Caller) -> None:
    message = {"to": bob.id, "body": "a\x00b"}
    assert ada.ask("POST", "/v1/messages", json=message).status_code in {201, 400}


def test_unknown_path_and_method_are_problem_details(api: Api) -> None:
    assert api.anonymous.refused(404, "GET", "/v1/nowhere")["code"] == "not_found"
    answer = api.anonymous.ask("PUT", "/v1/messages")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


def test_huge_body_is_413(ada: Caller) -> None:
    message = {"to": "x", "body": "x" * 2_000_000}
    answer = ada._http.post("/v1/messages", json=message)
    assert answer.status_code == 413


@pytest.mark.parametrize("operation", READING, ids=ids(READING))
def test_S12_unknown_query_parameter_is_refused(ada: Caller, operation: Operation) -> None:
    path = operation.path.format(**PLACES)
    headers = {"tus-resumable": "1.0.0"}
    problem = ada.refused(400, "GET", path, params={"foo": "1"}, headers=headers)
    assert problem["field"] == "foo"
    assert "unknown query parameter 'foo'" in problem["detail"]


def test_S12_a_repeated_query_parameter_is_refused(ada: Caller) -> None:
    problem = ada.refused(400, "GET", "/v1/search", params=[("q", "abc"), ("q", "xyz")])
    assert (problem["field"], problem["detail"]) == ("q", "q is given more than once")


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"has": "pictures"}, "has must be one of: files, links"),
        ({"since": "now"}, "since must be a time with its time zone, such as 2026-01-31T12:00:00Z"),
        ({"q": ""}, "q must have at least 1 character"),
    ],
)
def test_a_parameter_that_is_refused_says_what_it_may_be(
    ada: Caller, given: dict[str, str], detail: str
) -> None:
    problem = ada.refused(400, "GET", "/v1/search", params={"q": "x", **given})
    assert problem["detail"] == detail


def test_S12_a_repeated_header_that_a_route_reads_is_refused(ada: Caller) -> None:
    headers = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "5"), ("Upload-Length", "6")]
    problem = ada.refused(400, "POST", "/v1/uploads", headers=headers)
    assert problem["field"] == "upload-length"
    assert problem["detail"] == "Upload-Length is given more than once"


def test_unknown_query_parameter_is_answered_with_the_known_ones(ada: Caller) -> None:
    problem = ada.refused(400, "GET", "/v1/users", params={"after": "grace"})
    assert problem["detail"].endswith("known are: limit, cursor, search")


def test_a_token_in_the_query_is_accepted_only_for_files(api: Api, ada: Caller) -> None:
    token = {"token": ada.tokens["access_token"]}
    assert api.anonymous.ask("GET", "/v1/files/unknown", params=token).status_code == 404
    assert api.anonymous.ask("GET", "/v1/files/unknown/thumbnail", params=token).status_code == 404
    for operation in PRIVATE:
        if not operation.path.startswith("/v1/files/{"):
            path = operation.path.format(**PLACES)
            api.anonymous.refused(401, operation.method, path, params=token)
