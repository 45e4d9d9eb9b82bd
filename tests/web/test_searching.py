"""Messages are found on this device and on the server, and open in their conversation (W12)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.media import png
from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import Held, Seen

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


@pytest.fixture(scope="module")
def pair(person: Make) -> tuple[Person, Person]:
    """Ada, and Grace, who has written about a kiln long ago and again lately."""
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "The first kiln", files=[grace.upload("first.png", png())])
    grace.send_all(ada, [f"Line {number}" for number in range(300)])
    grace.send(ada, "The Kilns of Zürich", files=[grace.upload("last.png", png())])
    ada.read(grace.messages(ada)[-1])
    return ada, grace


def test_W12_hits_of_the_server_follow_those_of_this_device(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    chat = signed_in(pair[0])
    page = chat.page
    held = Held(page, "**/v1/search*")
    chat.open("Grace")
    expect(chat.bubble("The Kilns of Zürich")).to_be_visible()
    page.keyboard.press("Control+f")
    page.keyboard.type("kiln")
    here = page.get_by_role("group", name="On this device")
    expect(here.get_by_role("option")).to_have_count(1)
    expect(here.locator("mark")).to_have_text("Kiln")
    held.let_go()
    older = page.get_by_role("group", name="Older, from the server")
    expect(older.get_by_role("option")).to_have_count(1)
    options = page.get_by_role("option").all_inner_texts()
    assert ["Zürich" in each for each in options] == [True, False]
    flashes = Seen(page, ".message.is-found")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    flashes.wait_for("The first kiln")
    expect(chat.bubble("The first kiln")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(chat.row("Grace")).to_be_visible()


def test_W12_filters_hold_for_this_device_and_for_the_server(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    ada, grace = pair
    ada.send(grace, "A kiln at https://kiln.example")
    ada.send(grace, "A kiln at www.kiln.example")
    chat = signed_in(ada)
    page = chat.page
    chat.open("Grace")
    expect(chat.bubble("The Kilns of Zürich")).to_be_visible()
    page.keyboard.press("Control+f")
    page.keyboard.type("kiln")
    results = page.get_by_role("listbox", name="Results").get_by_role("option")
    expect(results).to_have_count(4)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("From", exact=True).select_option(label="Grace")
    expect(results).to_have_count(2)
    page.get_by_label("With", exact=True).select_option(label="Links")
    expect(results).to_have_count(0)
    page.get_by_label("From", exact=True).select_option(label="You")
    expect(results).to_have_count(2)
    page.get_by_label("Last day").fill("2020-01-01")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(results).to_have_count(4)
    page.get_by_role("button", name="Filters").press("Escape")
    expect(results).to_have_count(0)
    expect(chat.field).to_be_focused()


def test_W12_accents_and_case_do_not_matter(pair: tuple[Person, Person], signed_in: Open) -> None:
    chat = signed_in(pair[0])
    chat.page.route("**/v1/search*", lambda route: route.abort())
    chat.open("Grace")
    expect(chat.bubble("The Kilns of Zürich")).to_be_visible()
    chat.page.keyboard.press("Control+f")
    chat.page.keyboard.type("ZURICH kil")
    expect(chat.page.get_by_role("option")).to_have_count(1)
    chat.page.keyboard.type("x")
    expect(chat.page.get_by_text("Nothing found")).to_be_visible()


def test_W10_the_arrow_keys_walk_through_pictures_that_are_not_loaded(
    pair: tuple[Person, Person], signed_in: Open
) -> None:
    chat = signed_in(pair[0])
    page = chat.page
    chat.open("Grace")
    page.get_by_role("button", name="last.png").click()
    lightbox = page.locator(".lightbox")
    expect(lightbox).to_contain_text("last.png")
    expect(lightbox.get_by_role("button", name="Later photo")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(lightbox).to_contain_text("first.png")
    expect(lightbox.locator(".lightbox__stage img")).to_be_visible()
    expect(lightbox.get_by_role("button", name="Earlier photo")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(lightbox).to_contain_text("last.png")
