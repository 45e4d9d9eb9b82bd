"""Logins begin, are renewed, are listed and end."""

from tests.support.api import PASSWORD, Api, Caller, new_household


def test_login_by_name_or_email(api: Api) -> None:
    person = api.somebody("mail", email="mail.person@example.org")
    assert api.login("mail.person@EXAMPLE.org").id == person.id
    assert api.login(person.username.upper()).id == person.id


def test_S10_wrong_password_and_unknown_name_look_alike(api: Api, ada: Caller) -> None:
    answers = [
        api.nobody.refused(
            401, "POST", "/v1/login", json={"identifier": name, "password": "wrong password"}
        )
        for name in (ada.username, "no.such.person")
    ]
    assert answers[0] == answers[1]


def test_S3_refresh_token_counts_once(api: Api, ada: Caller) -> None:
    token = ada.session["refresh_token"]
    renewed = api.nobody.post("/v1/refresh", refresh_token=token)
    assert renewed["login_id"] == ada.session["login_id"]
    repeated = api.nobody.post("/v1/refresh", refresh_token=token)
    assert repeated["refresh_token"] == renewed["refresh_token"]
    renewed = api.nobody.post("/v1/refresh", refresh_token=renewed["refresh_token"])
    api.nobody.refused(401, "POST", "/v1/refresh", json={"refresh_token": token})
    ada.refused(401, "GET", "/v1/me")
    spent = {"refresh_token": renewed["refresh_token"]}
    api.nobody.refused(401, "POST", "/v1/refresh", json=spent)


def test_S4_refresh_token_is_no_access_token(api: Api, ada: Caller) -> None:
    headers = {"authorization": f"Bearer {ada.session['refresh_token']}"}
    api.nobody.refused(401, "GET", "/v1/me", headers=headers)
    body = {"refresh_token": ada.session["access_token"]}
    api.nobody.refused(401, "POST", "/v1/refresh", json=body)


def test_S1_logout_ends_access_and_refresh(api: Api, ada: Caller) -> None:
    ada.done("POST", "/v1/logout")
    ada.refused(401, "GET", "/v1/me")
    body = {"refresh_token": ada.session["refresh_token"]}
    api.nobody.refused(401, "POST", "/v1/refresh", json=body)


def test_logins_are_listed_and_ended_one_by_one(api: Api, ada: Caller) -> None:
    other = api.login(ada.username)
    listed = ada.get("/v1/logins")["items"]
    assert [each["id"] for each in listed if each["current"]] == [ada.session["login_id"]]
    assert all(each["address"].startswith("198.18.") for each in listed)
    assert all(each["agent"].startswith("python-httpx") for each in listed)
    ada.done("DELETE", f"/v1/logins/{other.session['login_id']}")
    other.refused(401, "GET", "/v1/me")
    assert len(ada.get("/v1/logins")["items"]) == 1
    ada.refused(404, "DELETE", f"/v1/logins/{other.session['login_id']}")


def test_all_other_logins_end_at_once(api: Api, ada: Caller) -> None:
    others = [api.login(ada.username) for _ in range(2)]
    assert ada.done("DELETE", "/v1/logins") == {"ended": 2}
    for other in others:
        other.refused(401, "GET", "/v1/me")
    assert ada.get("/v1/me")


def test_S9_guessing_is_throttled_and_says_for_how_long(api: Api, ada: Caller) -> None:
    guess = {"identifier": ada.username, "password": "wrong password"}
    household = new_household()
    answers = [
        api.nobody.ask("POST", "/v1/login", json=guess, headers=household) for _ in range(15)
    ]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert int(refused[-1].headers["retry-after"]) >= 1
    assert refused[-1].json()["code"] == "throttled"
    assert PASSWORD not in refused[-1].text
