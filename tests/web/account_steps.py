"""The pages before and after a login: signing in, registering, and a list that is empty."""

import itertools
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import Page, Route

from tests.web.people import PASSWORD, register

NAME = "emre"
_numbers = itertools.count(1)


def sign_in(page: Page, address: str, name: str = NAME) -> None:
    _give_name(page, address, name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".row, .empty--list").first.wait_for()


def _give_name(page: Page, address: str, name: str = NAME) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email or username").fill(name)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Password", exact=True).wait_for()


def signing_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.locator(".card").wait_for()


def wrong_password(page: Page, address: str) -> None:
    _give_name(page, address)
    page.get_by_label("Password", exact=True).fill("a lake")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()


def locked(page: Page, address: str) -> None:
    """As after many wrong passwords, which would block the address for all other pictures."""
    problem = {"code": "throttled", "detail": "too many attempts", "retry_after": 872}
    page.route(
        "**/v1/browser/login",
        lambda route: route.fulfill(status=429, json=problem),
        times=1,
    )
    wrong_password(page, address)


def signing_up(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-up")
    page.locator(".card").wait_for()


def name_taken(page: Page, address: str) -> None:
    signing_up(page, address)
    page.get_by_label("Your name").fill("Emre")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("alert").wait_for()


def password_short(page: Page, address: str) -> None:
    signing_up(page, address)
    page.get_by_label("Username").fill("someone")
    page.get_by_label("Password", exact=True).fill("river")
    page.get_by_role("button", name="Create account").click()
    page.locator(".field--error").wait_for()


def invited(page: Page, address: str) -> None:
    with _emre(address) as http:
        code = http.post("/v1/invitations", json={}).raise_for_status().json()["code"]
    page.goto(f"{address}/sign-up?invitation={code}")
    page.get_by_text("Emre").wait_for()


def _configured(**fields: Any) -> Callable[[Page, str], None]:
    """The page for registering, of a server with other settings."""

    def change(route: Route) -> None:
        body = route.fetch().json()
        route.fulfill(body=json.dumps({**body, **fields}), content_type="application/json")

    def step(page: Page, address: str) -> None:
        page.route("**/v1/config", change, times=1)
        signing_up(page, address)

    return step


def login_ended(page: Page, address: str) -> None:
    """Signed out from another device."""
    page.goto(address)
    page.locator(".row").first.wait_for()
    with _emre(address) as http:
        for login in http.get("/v1/logins").json()["items"]:
            if not login["current"]:
                http.delete(f"/v1/logins/{login['id']}").raise_for_status()
    page.get_by_role("alert").wait_for()


def empty(page: Page, address: str) -> None:
    newcomer = register(address, f"newcomer{next(_numbers)}", "Newcomer")
    newcomer.http.close()
    sign_in(page, address, newcomer.username)


def empty_assistants(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Assistants").click()
    page.get_by_role("button", name="New session").wait_for()


@contextmanager
def _emre(address: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=address) as http:
        body = {"identifier": NAME, "password": PASSWORD}
        token = http.post("/v1/login", json=body).raise_for_status().json()["access_token"]
        http.headers["authorization"] = f"Bearer {token}"
        yield http


BEFORE_LOGIN: dict[str, Callable[[Page, str], None]] = {
    "sign-in": signing_in,
    "sign-in-password": _give_name,
    "sign-in-error": wrong_password,
    "sign-in-locked": locked,
    "sign-up": signing_up,
    "sign-up-taken": name_taken,
    "sign-up-error": password_short,
    "sign-up-invited": invited,
    "sign-up-closed": _configured(registration=False),
    "sign-up-by-invitation": _configured(invitation_needed=True),
    "first-run": _configured(first_run=True),
}
AFTER_LOGIN: dict[str, Callable[[Page, str], None]] = {
    "sign-in-ended": login_ended,
    "empty": empty,
    "empty-assistants": empty_assistants,
}
