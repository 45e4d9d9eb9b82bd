"""Emoji are found by their names; Arabic runs from right to left."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_emoji_are_found_tinted_and_remembered(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    chat = signed_in(ada)
    page = chat.page
    chat.open("Grace")
    page.get_by_role("button", name="Emoji").click()
    picker = page.get_by_role("dialog", name="Emoji")
    expect(picker.get_by_role("gridcell", name="grinning face", exact=True)).to_be_visible()
    assert picker.get_by_role("gridcell").count() < 200, "only what is in sight is drawn"
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


def test_german_finds_emoji_by_both_languages(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    chat = signed_in(ada)
    chat.page.evaluate("localStorage.setItem('backchannel.language', 'de')")
    chat.page.reload()
    chat.open("Grace")
    for word in ("segelboot", "sailboat"):
        chat.page.get_by_role("button", name="Emoji").click()
        chat.page.get_by_role("dialog").get_by_role("combobox").fill(word)
        expect(chat.page.get_by_role("gridcell").first).to_contain_text("⛵")
        chat.page.keyboard.press("Escape")


def test_arabic_stands_from_right_to_left(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.say(grace, "Mine")
    grace.say(ada, "Hers")
    chat = signed_in(ada)
    page = chat.page
    page.goto(f"{chat.address}/settings/language")
    page.locator("select").select_option("ar")
    expect(page.get_by_role("heading", name="اللغة")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for width in (1280, 768, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(chat.address)
        chat.open("Grace")
        expect(chat.bubble("Hers")).to_be_visible()
        mine = chat.bubble("Mine").locator(".bubble").bounding_box()
        hers = chat.bubble("Hers").locator(".bubble").bounding_box()
        assert mine
        assert hers
        assert mine["x"] < hers["x"], "your own words stand at the end of the line"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
