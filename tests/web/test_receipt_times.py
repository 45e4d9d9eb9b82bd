"""The sender sees when a message was delivered and read (W1)."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person

CLOCK = re.compile(r"^\d\d:\d\d$")


def test_W1_details_of_a_message_show_the_times_of_its_states(
    person: Callable[[str], Person], signed_in: Callable[[Person], ChatPage]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    sent = ada.send(grace, "Have you seen it?")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.bubble("Have you seen it?").locator(".bubble").click(button="right")
    chat.page.get_by_role("menuitem", name="Delivery times").click()
    dialog = chat.page.get_by_role("dialog", name="Delivery times")
    expect(dialog.locator("dd")).to_have_text([CLOCK])
    grace.read(sent)
    expect(dialog.locator("dt")).to_have_text(["Sent", "Delivered", "Read"])
    expect(dialog.locator("dd")).to_have_text([CLOCK, CLOCK, CLOCK])
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_W1_the_time_of_reading_is_shown_to_a_page_that_opens_later(
    person: Callable[[str], Person], signed_in: Callable[[Person], ChatPage]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.read(ada.send(grace, "Have you seen it?"))
    chat = signed_in(ada)
    chat.open("Grace")
    expect(chat.page.locator(".state-line")).to_have_text(re.compile(r"^Read \d\d:\d\d$"))


def test_only_messages_of_the_user_have_times(
    person: Callable[[str], Person], signed_in: Callable[[Person], ChatPage]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "From Grace")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.bubble("From Grace").locator(".bubble").click(button="right")
    expect(chat.page.get_by_role("menuitem", name="Reply")).to_be_visible()
    expect(chat.page.get_by_role("menuitem", name="Delivery times")).to_have_count(0)
