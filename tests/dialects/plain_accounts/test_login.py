"""`POST /login` as both documents describe it."""

from pathlib import Path

import httpx
import jwt
import pytest

from backchannel.chat import accounts
from backchannel.chat.core import Policy
from backchannel.security.throttle import Limit
from tests.support.chat_server import ChatServer, chat_server
from tests.support.clock import ManualClock
from tests.support.core import make_core
from tests.support.matching import A_TOKEN, SOMETHING
from tests.support.plain_socket import PASSWORD, Person

ADA = {"username": "ada", "password": PASSWORD}


async def test_login_returns_a_token(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await http.post("/login", json=ADA)
    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "Login successful", "token": A_TOKEN},
    )


async def test_the_token_has_the_claims_that_existing_clients_read(ada: Person) -> None:
    claims = jwt.decode(ada.token, options={"verify_signature": False})
    assert claims["userId"] == claims["sub"] == ada.id
    assert claims["username"] == "ada"
    assert {"sid", "jti", "iat", "exp"} <= set(claims)


async def test_a_wrong_password_is_401(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await http.post("/login", json={**ADA, "password": "not this one"})
    assert answer.status_code == 401
    assert answer.json()["message"] == answer.json()["error"] == "Invalid password"


async def test_an_unknown_user_is_404(http: httpx.AsyncClient) -> None:
    answer = await http.post("/login", json=ADA)
    assert answer.status_code == 404
    assert answer.json()["message"] == answer.json()["error"] == "User not found"
    assert "www-authenticate" not in answer.headers


async def test_S10_an_unknown_user_is_401_where_the_operator_says_so(tmp_path: Path) -> None:
    policy = Policy(reveal_unknown_user=False)
    async with make_core(tmp_path, policy=policy) as core, chat_server(core) as server:
        await accounts.create(core, username="ada", email=None, password=PASSWORD)
        async with httpx.AsyncClient(base_url=server.address) as http:
            unknown = await http.post("/login", json={**ADA, "username": "nobody"})
            wrong = await http.post("/login", json={**ADA, "password": "not this one"})
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json() == wrong.json()


async def test_the_username_is_accepted_in_any_case(http: httpx.AsyncClient, ada: Person) -> None:
    assert (await http.post("/login", json={**ADA, "username": "Ada"})).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "ada"}, "password"),
        ({"password": PASSWORD}, "username"),
        ({**ADA, "password": {"$ne": ""}}, "password"),
        ({**ADA, "role": "admin"}, "role"),
    ],
)
async def test_S12_an_invalid_body_is_400_and_names_the_field(
    http: httpx.AsyncClient, body: object, field: str
) -> None:
    answer = await http.post("/login", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert answer.json()["message"] == answer.json()["error"] == SOMETHING


async def test_a_disabled_account_is_403_after_the_right_password_only(
    server: ChatServer, http: httpx.AsyncClient, ada: Person
) -> None:
    await accounts.disable(server.core, ada.id)
    assert (await http.post("/login", json=ADA)).status_code == 403
    assert (await http.post("/login", json={**ADA, "password": "wrong one"})).status_code == 401


async def test_S9_guessing_is_throttled_with_retry_after(tmp_path: Path) -> None:
    limits = {"login:pair": Limit(3, 60.0)}
    clock = ManualClock()
    async with make_core(tmp_path, limits=limits, clock=clock) as core, chat_server(core) as server:
        await accounts.create(core, username="ada", email=None, password=PASSWORD)
        async with httpx.AsyncClient(base_url=server.address) as http:
            guess = {**ADA, "password": "a wild guess"}
            answers = [await http.post("/login", json=guess) for _ in range(4)]
    assert [each.status_code for each in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_S21_a_fault_is_500_in_the_words_of_the_document(
    server: ChatServer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise RuntimeError("swordfish")

    monkeypatch.setattr(server.core.storage, "account_by_username", fail)
    answer = await http.post("/login", json=ADA)
    assert (answer.status_code, answer.json()["message"]) == (500, "Error during login")
    assert answer.json()["request_id"] in answer.json()["error"]
    assert "swordfish" not in answer.text
