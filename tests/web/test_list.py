"""How conversations are kept in the list: by menu, and by swiping on a touch screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def choose(page: ChatPage, name: str, entry: str) -> None:
    page.row(name).click(button="right")
    page.page.get_by_role("menuitem", name=entry, exact=True).click()


def names(page: ChatPage) -> list[str]:
    return page.page.locator(".row__name bdi").all_inner_texts()


def test_what_is_pinned_muted_or_archived_stays_so(person: Make, signed_in: Open) -> None:
    ada, grace, bob, eve = person("Ada"), person("Grace"), person("Bob"), person("Eve")
    for other in (grace, bob, eve):
        other.say(ada, f"From {other.username}")
    hers = signed_in(ada)
    expect(hers.row("Grace")).to_be_visible()
    assert names(hers) == ["Eve", "Bob", "Grace"]
    choose(hers, "Grace", "Pin")
    choose(hers, "Eve", "Archive")
    choose(hers, "Bob", "Mute")
    expect(hers.row("Eve")).to_have_count(0)
    expect(hers.row("Bob").get_by_label("Muted")).to_be_visible()
    hers.page.reload()
    expect(hers.row("Bob").get_by_label("Muted")).to_be_visible()
    assert names(hers) == ["Grace", "Bob"]
    expect(hers.page).to_have_title("(1) Backchannel")
    hers.page.get_by_role("button", name="Archived").click()
    choose(hers, "Eve", "Move out of the archive")
    hers.page.get_by_role("button", name="All").click()
    expect(hers.row("Eve")).to_be_visible()
    choose(hers, "Grace", "Unpin")
    expect(hers.page.locator(".row__name bdi").first).to_have_text("Eve")


def test_W13_what_is_marked_as_unread_is_read_once_it_is_opened(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    hers = signed_in(ada)
    choose(hers, "Grace", "Mark as read")
    expect(hers.row("Grace").locator(".badge")).to_have_count(0)
    choose(hers, "Grace", "Mark as unread")
    expect(hers.row("Grace").locator(".badge--dot")).to_be_visible()
    hers.page.reload()
    expect(hers.row("Grace").locator(".badge--dot")).to_be_visible()
    hers.open("Grace")
    expect(hers.row("Grace").locator(".badge")).to_have_count(0)


@pytest.fixture
def phone(server: ServerProcess, browser: Browser) -> Callable[[Person], ChatPage]:
    """Opens the chat on a touch screen."""

    def open_for(who: Person) -> ChatPage:
        made = browser.new_context(
            viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, locale="en-GB"
        )
        page = ChatPage(made.new_page(), server.address)
        page.sign_in(who.username)
        return page

    return open_for


def swipe(element: Locator, by: int) -> None:
    """A finger put down in the middle, moved to the side and lifted."""
    box = element.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = element.page.context.new_cdp_session(element.page)
    for kind, at in (
        ("touchStart", x),
        ("touchMove", x + by / 4),
        ("touchMove", x + by / 2),
        ("touchMove", x + by),
        ("touchEnd", None),
    ):
        points = [] if at is None else [{"x": at, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_row_is_swiped_to_mark_it_and_to_archive_it(
    person: Make, phone: Callable[[Person], ChatPage]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    hers = phone(ada)
    expect(hers.row("Grace").locator(".badge")).to_have_text("1 Unread")
    swipe(hers.row("Grace"), 120)
    expect(hers.row("Grace").locator(".badge")).to_have_count(0)
    swipe(hers.row("Grace"), -120)
    expect(hers.row("Grace")).to_have_count(0)
    hers.page.get_by_role("button", name="Archived").click()
    expect(hers.row("Grace")).to_be_visible()
    assert "/c/" not in hers.page.url


def test_a_message_is_swiped_to_reply_to_it_and_a_sheet_is_dragged_away(
    person: Make, phone: Callable[[Person], ChatPage]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Which one cracked?")
    hers = phone(ada)
    hers.open("Grace")
    swipe(hers.bubble("Which one cracked?").locator(".bubble"), 110)
    expect(hers.page.get_by_text("Replying to Grace")).to_be_visible()
    hers.bubble("Which one cracked?").locator(".bubble").dispatch_event("contextmenu")
    sheet = hers.page.get_by_role("dialog", name="Message actions")
    expect(sheet).to_be_visible()
    grab = hers.page.locator(".grab").bounding_box()
    assert grab is not None
    x, y = grab["x"] + grab["width"] / 2, grab["y"] + 2
    touch = hers.page.context.new_cdp_session(hers.page)
    moves = (("touchStart", 0), ("touchMove", 60), ("touchMove", 140), ("touchEnd", None))
    for kind, down in moves:
        points = [] if down is None else [{"x": x, "y": y + down}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(sheet).to_have_count(0)


def test_privacy_settings_are_kept_at_the_server(person: Make, signed_in: Open) -> None:
    ada = person("Ada")
    hers = signed_in(ada)
    hers.page.goto(f"{hers.address}/settings/privacy")
    seen = hers.page.get_by_label("Online and last seen")
    expect(seen).to_be_enabled()
    with hers.page.expect_response("**/v1/me/privacy"):
        seen.uncheck()
    assert ada.http.get("/v1/me/privacy").json()["last_seen"] == "nobody"
    hers.page.reload()
    expect(seen).to_be_enabled()
    expect(seen).not_to_be_checked()
