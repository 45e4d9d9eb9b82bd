"""Emoji are found by their names; Arabic is laid out from right to left."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import PASSWORD, Person
from tests.web.waiting import Held, box_of

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_emoji_are_found_tinted_and_remembered(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    page = chat.page
    chat.open("Grace")
    page.get_by_role("button", name="Emoji").click()
    picker = page.get_by_role("dialog", name="Emoji")
    expect(picker.get_by_role("gridcell", name="grinning face", exact=True)).to_be_visible()
    assert picker.get_by_role("gridcell").count() < 200, "only visible emoji are drawn"
    food = picker.get_by_role("button", name="Food and drink")
    food.click()
    expect(food).to_have_attribute("aria-current", "true")
    picker.get_by_role("combobox").fill("waving h")
    page.keyboard.press("Enter")
    expect(chat.field).to_have_value("👋")
    page.get_by_role("button", name="Emoji").click()
    picker.get_by_role("button", name="No skin tone").click()
    picker.get_by_role("button", name="Medium", exact=True).click()
    picker.get_by_role("combobox").fill("thumbs up")
    page.keyboard.press("Enter")
    expect(chat.field).to_have_value("👋👍🏽")
    page.get_by_role("button", name="Emoji").click()
    expect(picker.get_by_role("gridcell").first).to_have_text("👍🏽")
    page.keyboard.press("Escape")
    expect(picker).to_have_count(0)


@pytest.mark.parametrize("late", ["emoji-picker", "set"])
def test_W14_keys_typed_before_the_emoji_have_loaded_are_not_lost(
    person: Make, signed_in: Open, late: str
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    page = chat.page
    held = Held(page, re.compile(rf"/assets/{late}-"))
    page.reload()
    chat.open("Grace")
    page.get_by_role("button", name="Emoji").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Search emoji").first).to_be_focused()
    page.keyboard.type("waving h")
    page.keyboard.press("Enter")
    held.let_go()
    expect(chat.field).to_have_value("👋")
    expect(chat.field).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Search emoji").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Emoji")).to_be_focused()


def test_an_emoji_is_inserted_at_the_caret(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.field.fill("Good morning")
    for _ in "morning":
        chat.field.press("ArrowLeft")
    button, picker = chat.page.get_by_role("button", name="Emoji"), chat.page.get_by_role("dialog")
    button.click()
    expect(picker).to_be_visible()
    button.click()
    expect(picker).to_have_count(0)
    button.click()
    picker.get_by_role("combobox").fill("waving h")
    expect(picker.get_by_role("gridcell").first).to_have_text("👋")
    chat.page.keyboard.press("Enter")
    expect(chat.field).to_have_value("Good 👋morning")
    chat.page.keyboard.type(" ")
    expect(chat.field).to_have_value("Good 👋 morning")


def test_emoji_are_found_by_german_and_english_words(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    chat.page.evaluate("localStorage.setItem('backchannel.language', 'de')")
    chat.page.reload()
    chat.open("Grace")
    for word in ("segelboot", "sailboat"):
        chat.page.get_by_role("button", name="Emoji").click()
        chat.page.get_by_role("dialog").get_by_role("combobox").fill(word)
        expect(chat.page.get_by_role("gridcell").first).to_contain_text("⛵")
        chat.page.keyboard.press("Escape")


def test_keys_are_named_as_on_german_keyboards(person: Make, signed_in: Open) -> None:
    page = signed_in(person("Ada")).page
    page.evaluate("localStorage.setItem('backchannel.language', 'de')")
    page.reload()
    expect(page.locator(".searchbox kbd").first).to_have_text("Strg")
    page.keyboard.press("Control+/")
    keys = page.get_by_role("dialog").locator("kbd")
    keys.first.wait_for()
    assert {"Strg", "Entf"} <= set(keys.all_inner_texts())
    assert {"Ctrl", "Del"}.isdisjoint(keys.all_inner_texts())


def test_refusals_of_the_server_are_in_the_language_of_the_page(
    server: ServerProcess, context: Callable[..., BrowserContext]
) -> None:
    page = context().new_page()
    page.goto(server.address)
    page.evaluate("localStorage.setItem('backchannel.language', 'de')")
    page.goto(f"{server.address}/sign-up")
    page.get_by_label("Benutzername").fill("admin")
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Konto anlegen").click()
    expect(page.get_by_role("alert")).to_contain_text("Dieser Benutzername ist reserviert")
    page.get_by_label("Benutzername").fill("frieda")
    page.get_by_label("Passwort", exact=True).fill("password1")
    page.get_by_role("button", name="Konto anlegen").click()
    expect(page.get_by_role("alert")).to_contain_text("Dieses Passwort ist zu häufig")


FIRST_IS_LEFT = """element => {
  const left = index => {
    const range = document.createRange();
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let node = walker.nextNode();
    for (; index >= node.length; node = walker.nextNode()) index -= node.length;
    range.setStart(node, index);
    range.setEnd(node, index + 1);
    return range.getBoundingClientRect().left;
  };
  return left(0) < left(1);
}"""


BEGINNING_IN_SIGHT = """element => {
  const range = document.createRange();
  const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
  range.setStart(text, 0);
  range.setEnd(text, 1);
  const [first, box] = [range, element].map(each => each.getBoundingClientRect());
  return box.left <= first.left && first.right <= box.right;
}"""


def test_a_cut_text_shows_its_beginning_whatever_its_direction(
    person: Make, signed_in: Open
) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    text = "Half past eight at the station, by the second door on the left, as ever"
    grace.send(ada, text)
    joan.send(ada, "Hello")
    joan.http.put(f"/v1/blocks/{ada.id}").raise_for_status()
    chat = signed_in(ada)
    page = chat.page
    page.evaluate("localStorage.setItem('backchannel.language', 'ar')")
    page.reload()
    chat.open("Joan")
    chat.send(text)
    chat.open("Grace")
    chat.field.fill(text)
    failed = chat.row("Joan").locator(".row__preview .truncate.is-failed")
    draft = chat.row("Grace").locator(".row__preview .truncate.is-draft")
    for cut in (failed, draft):
        expect(cut).to_have_text(text)
        assert cut.evaluate(BEGINNING_IN_SIGHT)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("station")
    hit = page.locator(".option .truncate[dir=auto]").first
    expect(hit).to_contain_text("station")
    assert hit.evaluate(BEGINNING_IN_SIGHT)


def test_arabic_is_laid_out_from_right_to_left(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Mine")
    grace.send(ada, "Hers")
    chat = signed_in(ada)
    page = chat.page
    page.goto(f"{chat.address}/settings/language")
    page.locator("#language select").select_option("ar")
    expect(page.get_by_role("heading", name="اللغة")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for width in (1280, 768, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(chat.address)
        chat.open("Grace")
        expect(chat.bubble("Hers")).to_be_visible()
        mine = box_of(chat.bubble("Mine").locator(".bubble"))
        peers = box_of(chat.bubble("Hers").locator(".bubble"))
        assert mine["x"] < peers["x"], "the user's messages are at the end of the line"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".bar__who").click()
    handle = page.locator(".details__who bdi", has_text=f"@{grace.username}")
    assert handle.evaluate(FIRST_IS_LEFT), "the @ is before the name"
