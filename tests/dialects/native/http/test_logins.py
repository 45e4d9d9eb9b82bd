"""Logins begin, are renewed, are listed and end."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.api import PASSWORD, Api, Caller, new_address_header


def test_login_by_name_or_email(api: Api) -> None:
    person = api.new_user("mail", email="mail.person@example.org")
    assert api.login("mail.person@EXAMPLE.org").id == person.id
    assert api.login(person.username.upper()).id == person.id


def test_S10_wrong_password_and_unknown_name_look_alike(api: Api, ada: Caller) -> None:
    answers = [
        api.anonymous.refused(
            401, "POST", "/v1/login", json={"identifier": name, "password": "wrong password"}
        )
        for name in (ada.username, "no.such.person")
    ]
    assert answers[0] == answers[1]


def test_S3_refresh_token_works_once(api: Api, ada: Caller) -> None:
    token = ada.tokens["refresh_token"]
    renewed = api.anonymous.post("/v1/refresh", refresh_token=token)
    assert renewed["login_id"] == ada.tokens["login_id"]
    repeated = api.anonymous.post("/v1/refresh", refresh_token=token)
    assert repeated["refresh_token"] == renewed["refresh_token"]
    renewed = api.anonymous.post("/v1/refresh", refresh_token=renewed["refresh_token"])
    api.anonymous.refused(401, "POST", "/v1/refresh", json={"refresh_token": token})
    ada.refused(401, "GET", "/v1/me")
    spent = {"refresh_token": renewed["refresh_token"]}
    api.anonymous.refused(401, "POST", "/v1/refresh", json=spent)


def test_S4_refresh_token_is_not_an_access_token(api: Api, ada: Caller) -> None:
    headers = {"authorization": f"Bearer {ada.tokens['refresh_token']}"}
    api.anonymous.refused(401, "GET", "/v1/me", headers=headers)
    body = {"refresh_token": ada.tokens["access_token"]}
    api.anonymous.refused(401, "POST", "/v1/refresh", json=body)


def test_S1_logout_ends_access_and_refresh(api: Api, ada: Caller) -> None:
    ada.done("POST", "/v1/logout")
    ada.refused(401, "GET", "/v1/me")
    body = {"refresh_token": ada.tokens["refresh_token"]}
    api.anonymous.refused(401, "POST", "/v1/refresh", json=body)


def test_logins_are_listed_and_ended_one_by_one(api: Api, ada: Caller) -> None:
    other = api.login(ada.username)
    listed = ada.get("/v1/logins")["items"]
    assert [each["id"] for each in listed if each["current"]] == [ada.tokens["login_id"]]
    assert all(each["address"].startswith("198.18.") for each in listed)
    assert all(each["agent"].startswith("python-httpx") for each in listed)
    ada.done("DELETE", f"/v1/logins/{other.tokens['login_id']}")
    other.refused(401, "GET", "/v1/me")
    assert len(ada.get("/v1/logins")["items"]) == 1
    ada.refused(404, "DELETE", f"/v1/logins/{other.tokens['login_id']}")


def test_all_other_logins_can_be_ended_at_once(api: Api, ada: Caller) -> None:
    others = [api.login(ada.username) for _ in range(2)]
    assert ada.done("DELETE", "/v1/logins") == {"ended": 2}
    for other in others:
        other.refused(401, "GET", "/v1/me")
    assert ada.get("/v1/me")


def test_S9_guesses_are_throttled_with_retry_after(api: Api, ada: Caller) -> None:
    guess = {"identifier": ada.username, "password": "wrong password"}
    address = new_address_header()

    def wrong_guess(_: int) -> httpx.Response:
        return api.anonymous.ask("POST", "/v1/login", json=guess, headers=address)

    with ThreadPoolExecutor(15) as at_once:  # one after the other might take a minute
        answers = list(at_once.map(wrong_guess, range(15)))
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert int(refused[-1].headers["retry-after"]) >= 1
    assert refused[-1].json()["code"] == "throttled"
    assert PASSWORD not in refused[-1].text
