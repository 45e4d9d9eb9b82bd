"""The palette and the search accept keys at once, and wait for results (rule W14)."""

import time
from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_W14_enter_waits_for_the_user_search(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    chat = signed_in(ada)

    def slowly(route: Route) -> None:
        time.sleep(0.8)
        route.continue_()

    chat.page.route("**/v1/users?*", slowly)
    chat.page.keyboard.press("Control+k")
    chat.page.get_by_role("combobox").fill(grace.username)
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_label("Message Grace")).to_be_visible()


def held_back(chat: ChatPage, chunk: str) -> Callable[[], None]:
    """Reload the page, and hold back this part of it until the returned function is called."""
    held: list[Route] = []
    chat.page.route(f"**/assets/{chunk}-*.js", lambda route: held.append(route))  # noqa: PLW0108
    with chat.page.expect_request(f"**/assets/{chunk}-*.js"):  # when the page is idle
        chat.page.reload()
    chat.page.get_by_role("navigation", name="Conversations").wait_for()

    def release() -> None:
        assert held, "the part was not requested"
        for route in held:
            route.continue_()

    return release


def test_W14_keys_before_the_palette_has_loaded_are_not_lost(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    chat = signed_in(ada)
    release = held_back(chat, "palette-results")
    chat.page.keyboard.press("Control+k")
    chat.page.keyboard.type(grace.username)
    chat.page.keyboard.press("Enter")
    field = chat.page.get_by_role("combobox")
    expect(field).to_have_value(grace.username)
    expect(chat.page.get_by_role("option")).to_have_count(0)
    release()
    expect(chat.page.get_by_label("Message Grace")).to_be_visible()


def test_W14_keys_before_the_actions_have_loaded_move_among_them(
    person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    release = held_back(chat, "palette-results")
    chat.page.keyboard.press("Control+k")
    chat.page.keyboard.type("e")
    chat.page.keyboard.press("ArrowDown")
    chat.page.keyboard.press("ArrowDown")
    chat.page.keyboard.press("ArrowUp")
    release()
    options = chat.page.get_by_role("option")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    field = chat.page.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(field).to_have_attribute(
        "aria-activedescendant", options.nth(1).get_attribute("id") or ""
    )


def test_W12_keys_before_the_search_has_loaded_are_not_lost(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Where is the kettle?")
    chat = signed_in(ada)
    release = held_back(chat, "search-results")
    chat.open("Grace")
    chat.page.keyboard.press("Control+f")
    chat.page.keyboard.type("kettle")
    expect(chat.page.get_by_role("combobox")).to_have_value("kettle")
    release()
    expect(chat.page.locator(".result", has_text="kettle")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.row("Grace")).to_be_visible()
    expect(chat.field).to_be_focused()
