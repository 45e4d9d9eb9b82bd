"""Create an account, read it, change it."""

import pytest

from tests.support.api import PASSWORD, Api, Caller


def test_register_shows_the_account(api: Api) -> None:
    body = api.anonymous.post(
        "/v1/register",
        username="grace.hopper",
        password=PASSWORD,
        email="Grace@example.org",
        display_name="Grace Hopper",
    )
    assert body["username"] == "grace.hopper"
    assert body["email"] == "Grace@example.org"
    assert body["display_name"] == "Grace Hopper"
    assert "password" not in str(body)


def test_registration_refuses_a_name_that_is_taken(api: Api, ada: Caller) -> None:
    account = {"username": ada.username.upper(), "password": PASSWORD}
    problem = api.anonymous.refused(409, "POST", "/v1/register", json=account)
    assert problem["code"] == "username_taken"
    assert problem["field"] == "username"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "a" * 65),
        ("username", "a@b"),
        ("password", "short"),
        ("password", "x" * 129),
        ("email", "nobody"),
        ("display_name", " "),
    ],
)
def test_registration_names_the_field_at_fault(api: Api, field: str, value: str) -> None:
    account = {"username": "new.person", "password": PASSWORD, field: value}
    assert api.anonymous.refused(400, "POST", "/v1/register", json=account)["field"] == field


def test_profile_changes_only_what_is_given(ada: Caller) -> None:
    before = ada.get("/v1/me")
    after = ada.done("PATCH", "/v1/me", json={"display_name": "Countess"})
    assert after["display_name"] == "Countess"
    assert after["email"] == before["email"]
    assert ada.get("/v1/me")["display_name"] == "Countess"


def test_an_email_address_of_another_user_is_refused(api: Api) -> None:
    api.new_user("first", email="taken@example.org")
    second = api.new_user("second")
    profile = {"email": "TAKEN@example.org", "password": PASSWORD}
    assert second.refused(409, "PATCH", "/v1/me", json=profile)["code"] == "email_taken"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/v1/me", {"email": "new@example.org", "password": "wrong password"}),
        ("POST", "/v1/password", {"old_password": "wrong password", "new_password": PASSWORD}),
        ("DELETE", "/v1/me", {"password": "wrong password"}),
    ],
)
def test_a_wrong_password_of_a_logged_in_user_ends_no_login(
    ada: Caller, method: str, path: str, body: dict[str, str]
) -> None:
    response = ada.ask(method, path, json=body)
    assert (response.status_code, response.json()["code"]) == (403, "wrong_password")
    assert "www-authenticate" not in response.headers
    assert ada.get("/v1/me")


def test_S2_new_password_ends_all_logins_and_begins_one(api: Api, ada: Caller) -> None:
    other = api.login(ada.username)
    new = "a harbour without any mist"
    tokens = ada.post("/v1/password", old_password=PASSWORD, new_password=new)
    for old in (ada, other):
        assert old.refused(401, "GET", "/v1/me")["code"] == "unauthenticated"
    fresh = Caller(api.address, tokens)
    assert fresh.get("/v1/me")["id"] == ada.id
    fresh.close()
    wrong = {"identifier": ada.username, "password": PASSWORD}
    api.anonymous.refused(401, "POST", "/v1/login", json=wrong)
    assert api.login(ada.username, new).id == ada.id


def test_a_password_change_needs_the_old_one(ada: Caller) -> None:
    body = {"old_password": "not the old one", "new_password": "another long one"}
    problem = ada.refused(403, "POST", "/v1/password", json=body)
    assert problem["field"] == "old_password"
    assert ada.get("/v1/me")
