"""The palette and the search take keys from the start, and wait for what is found (rule W14)."""

import time
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_W14_enter_waits_for_the_user_search(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    hers = signed_in(ada)

    def slowly(route: Route) -> None:
        time.sleep(0.8)
        route.continue_()

    hers.page.route("**/v1/users?*", slowly)
    hers.page.keyboard.press("Control+k")
    hers.page.get_by_role("combobox").fill(grace.username)
    hers.page.keyboard.press("Enter")
    expect(hers.page.get_by_label("Message Grace")).to_be_visible()


def held_back(hers: ChatPage, chunk: str) -> Callable[[], None]:
    """Load the page anew, and let this part of it load only once the answer is called."""
    held: list[Route] = []
    hers.page.route(f"**/assets/{chunk}-*.js", lambda route: held.append(route))  # noqa: PLW0108
    with hers.page.expect_request(f"**/assets/{chunk}-*.js"):  # when the page is idle
        hers.page.reload()
    hers.page.get_by_role("navigation", name="Conversations").wait_for()

    def release() -> None:
        assert held, "the part was not asked for"
        for route in held:
            route.continue_()

    return release


def test_W14_keys_before_the_palette_has_loaded_are_not_lost(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    hers = signed_in(ada)
    release = held_back(hers, "palette-results")
    hers.page.keyboard.press("Control+k")
    hers.page.keyboard.type(grace.username)
    hers.page.keyboard.press("Enter")
    field = hers.page.get_by_role("combobox")
    expect(field).to_have_value(grace.username)
    expect(hers.page.get_by_role("option")).to_have_count(0)
    release()
    expect(hers.page.get_by_label("Message Grace")).to_be_visible()


def test_W14_keys_before_the_actions_have_loaded_move_among_them(
    person: Make, signed_in: Open
) -> None:
    hers = signed_in(person("Ada"))
    release = held_back(hers, "palette-results")
    hers.page.keyboard.press("Control+k")
    hers.page.keyboard.type("e")
    hers.page.keyboard.press("ArrowDown")
    hers.page.keyboard.press("ArrowDown")
    hers.page.keyboard.press("ArrowUp")
    release()
    options = hers.page.get_by_role("option")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    field = hers.page.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(field).to_have_attribute(
        "aria-activedescendant", options.nth(1).get_attribute("id") or ""
    )


def test_W12_keys_before_the_search_has_loaded_are_not_lost(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Where is the kettle?")
    hers = signed_in(ada)
    release = held_back(hers, "search-results")
    hers.open("Grace")
    hers.page.keyboard.press("Control+f")
    hers.page.keyboard.type("kettle")
    expect(hers.page.get_by_role("combobox")).to_have_value("kettle")
    release()
    expect(hers.page.locator(".result", has_text="kettle")).to_be_visible()
    hers.page.keyboard.press("Escape")
    expect(hers.row("Grace")).to_be_visible()
    expect(hers.field).to_be_focused()
