"""The user's settings of the client and the account."""

from collections.abc import Callable

import httpx
from playwright.sync_api import expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import PASSWORD, TIMEOUT, Person
from tests.web.waiting import eventually

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

FRESH = "a bridge without a river"
HAS_DATABASES = "async () => (await indexedDB.databases()).length > 0"


def login(server: ServerProcess, who: Person) -> int:
    """The status of a login with the original password."""
    credentials = {"identifier": who.username, "password": PASSWORD}
    return httpx.post(f"{server.address}/v1/login", json=credentials, timeout=TIMEOUT).status_code


def test_a_new_password_keeps_this_browser_signed_in_and_no_other(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    chat = signed_in(ada)
    page = chat.page
    page.goto(f"{chat.address}/settings/password")
    page.get_by_label("Current password").fill("not that one")
    page.get_by_label("New password").fill(FRESH)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#password .field--error")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password has changed.")).to_be_visible()
    assert ada.http.get("/v1/me").status_code == 401
    page.reload()
    expect(page.locator("#devices .setting")).to_have_count(1)
    grace.send(ada, "Still there?")
    page.get_by_role("link", name="Back to conversations").click()
    expect(chat.row("Grace")).to_contain_text("Still there?")
    assert login(server, ada) == 401


def test_language_theme_and_name_hold_over_a_reload(person: Make, signed_in: Open) -> None:
    chat = signed_in(person("Ada"))
    page = chat.page
    page.goto(f"{chat.address}/settings")
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.locator(".theme", has_text="Dark").locator("input").check(force=True)
    page.locator("#language select").select_option("de")
    expect(page.get_by_role("heading", name="Aussehen")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Aussehen")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ada Lovelace")


def test_signing_out_leaves_nothing_in_the_browser(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "A secret between us")
    chat = signed_in(ada)
    page = chat.page
    chat.open("Grace")
    expect(chat.bubble("A secret between us")).to_be_visible()
    eventually(page, HAS_DATABASES, wanted=True)
    page.goto(f"{chat.address}/settings")
    page.locator(".nav__button").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    eventually(page, HAS_DATABASES, wanted=False)
    assert page.evaluate("localStorage.getItem('backchannel.account')") is None
    assert page.context.cookies() == []


def test_an_account_is_deleted_after_its_password(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    ada = person("Ada")
    person("Grace")
    chat = signed_in(ada)
    page = chat.page
    page.goto(f"{chat.address}/settings/export")
    page.get_by_role("button", name="Delete account").click()
    page.get_by_label("Enter your password to erase your account for good.").fill(PASSWORD)
    page.locator("form.setting").get_by_role("button", name="Delete account").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert login(server, ada) == 401
