"""`POST /register` as both documents describe it."""

from pathlib import Path

import httpx
import pytest

from backchannel.chat.core import Policy
from backchannel.domain.accounts import Registration
from backchannel.domain.errors import Unavailable
from tests.support.chat_server import ChatServer, chat_server
from tests.support.core import make_core
from tests.support.matching import A_TIME, AN_ID, SOMETHING
from tests.support.plain_socket import PASSWORD

ADA = {"username": "ada", "password": PASSWORD}
EMAIL = {"email": "ada@example.org"}


async def test_registration_with_an_email_returns_the_user(http: httpx.AsyncClient) -> None:
    answer = await http.post("/register", json=ADA | EMAIL)
    assert answer.status_code == 201
    assert answer.json() == {
        "message": "User registered successfully",
        "user": {
            "user_id": AN_ID,
            "username": "ada",
            "email": "ada@example.org",
            "created_at": A_TIME,
        },
    }


async def test_registration_without_an_email_returns_only_the_message(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post("/register", json=ADA)
    assert (answer.status_code, answer.json()) == (
        201,
        {"message": "User registered successfully"},
    )


async def test_html_forms_are_accepted(http: httpx.AsyncClient) -> None:
    assert (await http.post("/register", data=ADA | EMAIL)).status_code == 201
    assert (await http.post("/login", data=ADA)).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "ada"}, "password"),
        ({"password": PASSWORD}, "username"),
        ({**ADA, "username": ""}, "username"),
        ({**ADA, "username": 7}, "username"),
        ({**ADA, "username": "a@b.example"}, "username"),
        ({**ADA, "password": "short"}, "password"),
        ({**ADA, "password": None}, "password"),
        ({**ADA, "password": "password1"}, "password"),
        ({**ADA, "email": "nowhere"}, "email"),
        ({**ADA, "email": ["ada@example.org"]}, "email"),
    ],
)
async def test_an_invalid_body_is_400_and_names_the_field(
    http: httpx.AsyncClient, body: object, field: str
) -> None:
    answer = await http.post("/register", json=body)
    assert answer.status_code == 400
    refusal = answer.json()
    assert refusal["field"] == field
    assert refusal["message"] == refusal["error"] == SOMETHING


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"ada"', b"null"])
async def test_a_body_that_is_not_a_json_object_is_400(
    http: httpx.AsyncClient, body: bytes
) -> None:
    headers = {"content-type": "application/json"}
    answer = await http.post("/register", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["message"] == answer.json()["error"] == SOMETHING


@pytest.mark.parametrize("field", ["role", "id", "user_id", "seq", "isAdmin", "name"])
async def test_S12_unknown_fields_are_refused_by_name(http: httpx.AsyncClient, field: str) -> None:
    answer = await http.post("/register", json={**ADA, field: "admin"})
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert (await http.post("/login", json=ADA)).status_code == 404, "nobody was registered"


async def test_a_username_that_is_taken_is_409(http: httpx.AsyncClient) -> None:
    await http.post("/register", json=ADA)
    answer = await http.post("/register", json={**ADA, "username": "ADA"})
    assert (answer.status_code, answer.json()["field"]) == (409, "username")
    assert answer.json()["message"] == answer.json()["error"]


async def test_an_email_that_is_taken_is_409_whatever_its_case(http: httpx.AsyncClient) -> None:
    await http.post("/register", json=ADA | EMAIL)
    other = {"username": "grace", "password": PASSWORD, "email": "Ada@Example.org"}
    answer = await http.post("/register", json=other)
    assert (answer.status_code, answer.json()["field"]) == (409, "email")


async def test_a_closed_registration_is_403(tmp_path: Path) -> None:
    policy = Policy(registration=Registration.CLOSED)
    async with (
        make_core(tmp_path, policy=policy) as core,
        chat_server(core) as server,
        httpx.AsyncClient(base_url=server.address) as http,
    ):
        answer = await http.post("/register", json=ADA)
    assert answer.status_code == 403


async def test_S21_a_fault_is_500_in_the_words_of_the_document(
    server: ChatServer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object, *, invitation: str | None) -> None:
        raise RuntimeError("the secret of /srv is swordfish")

    monkeypatch.setattr(server.core.storage, "create_user", fail)
    answer = await http.post("/register", json=ADA)
    assert answer.status_code == 500
    assert answer.json()["message"] == "Error during registration"
    assert answer.json()["request_id"] in answer.json()["error"]
    assert "swordfish" not in answer.text


async def test_R9_an_unavailable_database_is_503(
    server: ChatServer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: object, *, invitation: str | None) -> None:
        raise Unavailable("the database is away", retry_after=1.0)

    monkeypatch.setattr(server.core.storage, "create_user", away)
    answer = await http.post("/register", json=ADA)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_no_answer_shows_a_password_or_its_hash(http: httpx.AsyncClient) -> None:
    answers = [
        await http.post("/register", json=ADA | EMAIL),
        await http.post("/register", json=ADA | EMAIL),
        await http.post("/login", json=ADA),
    ]
    assert all(PASSWORD not in each.text and "argon" not in each.text for each in answers)


async def test_openapi_describes_both_routes(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/docs/openapi.json")).json()["paths"]
    assert {"201", "400", "409", "500"} <= set(paths["/register"]["post"]["responses"])
    assert {"200", "401", "404", "500"} <= set(paths["/login"]["post"]["responses"])
