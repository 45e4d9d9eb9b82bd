"""A user is blocked and unblocked in the menu of the list and in the details pane."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


@pytest.fixture
def ada(person: Make) -> Person:
    return person("Ada")


@pytest.fixture
def grace(person: Make, ada: Person) -> Person:
    """A user who has written to Ada."""
    grace = person("Grace")
    grace.send(ada, "Hello")
    return grace


@pytest.fixture
def ada_chat(ada: Person, grace: Person, signed_in: Open) -> ChatPage:
    """Ada's page with the details of Grace."""
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.get_by_role("button", name="Details").click()
    expect(in_details(chat, "Block Grace")).to_be_visible()
    return chat


def in_details(chat: ChatPage, name: str) -> Locator:
    pane = chat.page.get_by_role("complementary", name="Details")
    return pane.get_by_role("button", name=name, exact=True)


def in_menu(chat: ChatPage, name: str) -> Locator:
    """Open the menu of Grace's row; return an entry of it."""
    chat.row("Grace").click(button="right")
    return chat.page.get_by_role("menuitem", name=name, exact=True)


def blocked(person: Person) -> list[str]:
    return [each["id"] for each in person.http.get("/v1/blocks").json()["items"]]


def test_a_block_by_the_menu_is_lifted_in_the_details(
    ada: Person, grace: Person, ada_chat: ChatPage
) -> None:
    in_menu(ada_chat, "Block Grace").click()
    in_details(ada_chat, "Unblock Grace").wait_for()
    assert blocked(ada) == [grace.id]
    in_details(ada_chat, "Unblock Grace").click()
    in_details(ada_chat, "Block Grace").wait_for()
    assert blocked(ada) == []


def test_a_block_in_the_details_is_lifted_by_the_menu(
    ada: Person, grace: Person, ada_chat: ChatPage
) -> None:
    in_details(ada_chat, "Block Grace").click()
    in_details(ada_chat, "Unblock Grace").wait_for()
    assert blocked(ada) == [grace.id]
    in_menu(ada_chat, "Unblock Grace").click()
    in_details(ada_chat, "Block Grace").wait_for()
    assert blocked(ada) == []


def test_a_block_of_another_device_is_shown(ada: Person, grace: Person, ada_chat: ChatPage) -> None:
    ada.http.put(f"/v1/blocks/{grace.id}").raise_for_status()
    in_details(ada_chat, "Unblock Grace").wait_for()
    in_menu(ada_chat, "Unblock Grace").wait_for()
    ada_chat.page.keyboard.press("Escape")
    ada.http.delete(f"/v1/blocks/{grace.id}").raise_for_status()
    in_details(ada_chat, "Block Grace").wait_for()
    in_menu(ada_chat, "Block Grace").wait_for()
