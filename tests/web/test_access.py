"""Everybody can use it: axe finds nothing, the keyboard reaches everything."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .map(each => each.id + ': ' + each.nodes.map(node => node.target.join(' ')).join(', '))"""


def faults(page: Page) -> Any:
    """What axe objects to, in the light and in the dark theme."""
    found = []
    page.evaluate(AXE.read_text())
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_timeout(200)
        found += [f"{theme}: {each}" for each in page.evaluate(RUN)]
    return found


@pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: make web-tests installs it")
def test_W15_axe_finds_nothing_on_any_page(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    first = grace.say(ada, "Hello *there*, see https://example.org")
    ada.react(first, "👍")
    ada.say(grace, "```python\nx = 1\n```", reply_to=first["seq"])
    grace.delete(grace.say(ada, "gone"))
    hers = signed_in(ada)
    page = hers.page
    seen = {"empty": faults(page)}
    for width in (1280, 768, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(hers.address)
        hers.row("Grace").wait_for()
        seen[f"list {width}"] = faults(page)
        hers.open("Grace")
        expect(hers.bubble("Hello").first).to_be_visible()
        seen[f"conversation {width}"] = faults(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").wait_for()
    seen["palette"] = faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+/")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    seen["keyboard"] = faults(page)
    page.keyboard.press("Escape")
    hers.bubble("Hello").first.click(button="right")
    seen["menu"] = faults(page)
    page.keyboard.press("Escape")
    page.goto(f"{hers.address}/settings")
    page.locator(".set--icon").first.wait_for()
    seen["settings"] = faults(page)
    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_role("heading", name="Sign in").wait_for()
    seen["sign in"] = faults(page)
    page.goto(f"{hers.address}/sign-up")
    page.get_by_role("heading", name="Create an account").wait_for()
    seen["sign up"] = faults(page)
    assert {name: each for name, each in seen.items() if each} == {}


def test_W14_a_reply_and_an_edit_need_no_mouse(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Half past nine?")
    hers = signed_in(ada)
    page = hers.page
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill(grace.username)
    option = page.locator(".option", has_text=f"@{grace.username}")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(hers.bubble("Half past nine?")).to_be_visible()
    page.locator(".thread").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("r")
    expect(page.get_by_text("Replying to Grace")).to_be_visible()
    page.keyboard.type("Half past eight")
    page.keyboard.press("Enter")
    expect(hers.bubble("Half past eight").locator(".quote")).to_contain_text("Half past nine?")
    page.locator(".thread").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    expect(page.get_by_role("status")).to_contain_text("Message deleted")
    page.get_by_role("button", name="Undo").click()
    expect(hers.bubble("Half past eight")).to_be_visible()


def test_W15_enter_that_ends_a_composition_sends_nothing(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    hers = signed_in(ada)
    hers.open("Grace")
    expect(hers.bubble("Hello")).to_be_visible()
    hers.field.fill("にほんご")
    hers.field.evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, bubbles: true}))"
    )
    hers.page.wait_for_timeout(300)
    expect(hers.field).to_have_value("にほんご")
    assert len(grace.messages(ada)) == 1


@pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: make web-tests installs it")
def test_W15_axe_finds_nothing_in_the_search_and_among_the_emoji(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello there")
    hers = signed_in(ada)
    page = hers.page
    hers.open("Grace")
    expect(hers.bubble("Hello")).to_be_visible()
    page.keyboard.press("Control+f")
    page.keyboard.type("hello")
    expect(page.get_by_role("option").first).to_be_visible()
    seen = {"search": faults(page)}
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Emoji").click()
    expect(page.get_by_role("gridcell").first).to_be_visible()
    seen["emoji"] = faults(page)
    assert {name: each for name, each in seen.items() if each} == {}
