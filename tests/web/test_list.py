"""Settings of conversations in the list: by menu, and by swiping on a touch screen."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.touch import long_press, swipe, swipe_on

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def choose(page: ChatPage, name: str, entry: str) -> None:
    page.row(name).click(button="right")
    page.page.get_by_role("menuitem", name=entry, exact=True).click()


def change(page: ChatPage, name: str, entry: str) -> None:
    """Choose an entry that changes a setting, and wait until the server has stored it."""
    with page.page.expect_response("**/v1/conversations/*/settings"):
        choose(page, name, entry)


def names(page: ChatPage) -> Locator:
    return page.page.locator(".row__name bdi")


def test_pinned_muted_and_archived_conversations_stay_so_after_a_reload(
    person: Make, signed_in: Open
) -> None:
    ada, grace, bob, eve = person("Ada"), person("Grace"), person("Bob"), person("Eve")
    for other in (grace, bob, eve):
        other.send(ada, f"From {other.username}")
    chat = signed_in(ada)
    expect(names(chat)).to_have_text(["Eve", "Bob", "Grace"])
    change(chat, "Grace", "Pin")
    change(chat, "Eve", "Archive")
    change(chat, "Bob", "Mute")
    expect(chat.row("Eve")).to_have_count(0)
    expect(chat.row("Bob").get_by_label("Muted")).to_be_visible()
    chat.page.reload()
    expect(chat.row("Bob").get_by_label("Muted")).to_be_visible()
    expect(names(chat)).to_have_text(["Grace", "Bob"])
    expect(chat.page).to_have_title("(1) Backchannel")
    chat.page.get_by_role("button", name="Archived").click()
    change(chat, "Eve", "Move out of the archive")
    chat.page.get_by_role("button", name="All").click()
    expect(chat.row("Eve")).to_be_visible()
    change(chat, "Grace", "Unpin")
    expect(names(chat).first).to_have_text("Eve")


def test_W13_a_conversation_marked_as_unread_is_read_once_opened(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    choose(chat, "Grace", "Mark as read")
    expect(chat.row("Grace").locator(".badge")).to_have_count(0)
    change(chat, "Grace", "Mark as unread")
    expect(chat.row("Grace").locator(".badge--dot")).to_be_visible()
    chat.page.reload()
    expect(chat.row("Grace").locator(".badge--dot")).to_be_visible()
    chat.open("Grace")
    expect(chat.row("Grace").locator(".badge")).to_have_count(0)


def test_a_row_is_swiped_to_mark_it_and_to_archive_it(person: Make, phone: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = phone(ada)
    expect(chat.row("Grace").locator(".badge")).to_have_text("1 Unread")
    swipe(chat.row("Grace"), 120)
    expect(chat.row("Grace").locator(".badge")).to_have_count(0)
    swipe(chat.row("Grace"), -120)
    expect(chat.row("Grace")).to_have_count(0)
    chat.page.get_by_role("button", name="Archived").click()
    expect(chat.row("Grace")).to_be_visible()
    assert "/c/" not in chat.page.url


def test_a_message_is_swiped_to_reply_to_it_and_a_sheet_is_dragged_away(
    person: Make, phone: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Which one cracked?")
    chat = phone(ada)
    chat.open("Grace")
    swipe(chat.bubble("Which one cracked?").locator(".bubble"), 110)
    expect(chat.page.get_by_text("Replying to Grace")).to_be_visible()
    chat.bubble("Which one cracked?").locator(".bubble").dispatch_event("contextmenu")
    sheet = chat.page.get_by_role("dialog", name="Message actions")
    expect(sheet).to_be_visible()
    swipe(chat.page.locator(".drag-handle"), down=140)
    expect(sheet).to_have_count(0)


def test_a_swiped_message_shows_the_action_of_the_swipe(person: Make, phone: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Which one cracked?")
    chat = phone(ada)
    chat.open("Grace")
    message = chat.bubble("Which one cracked?")
    swipe_on(message.locator(".bubble"), 90)
    expect(message).to_have_attribute("data-swipe", "end far")
    icon = message.evaluate("each => getComputedStyle(each, '::after').maskImage.slice(5, -2)")
    assert chat.page.evaluate("async (url) => (await fetch(url)).ok", icon)


def test_privacy_settings_are_kept_at_the_server(person: Make, signed_in: Open) -> None:
    ada = person("Ada")
    chat = signed_in(ada)
    chat.page.goto(f"{chat.address}/settings/privacy")
    seen = chat.page.get_by_label("Online and last seen")
    expect(seen).to_be_enabled()
    with chat.page.expect_response("**/v1/me/privacy"):
        seen.uncheck()
    assert ada.http.get("/v1/me/privacy").json()["last_seen"] == "nobody"
    chat.page.reload()
    expect(seen).to_be_enabled()
    expect(seen).not_to_be_checked()


def test_a_long_press_opens_the_menu_where_the_browser_makes_none(
    person: Make, phone: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Which one cracked?")
    chat = phone(ada)
    sheet = chat.page.locator(".context")
    press(chat.row("Grace"), sheet.get_by_role("menuitem", name="Archive"))
    assert "/c/" not in chat.page.url
    chat.page.keyboard.press("Escape")
    chat.open("Grace")
    bubble = chat.bubble("Which one cracked?").locator(".bubble")
    press(bubble, sheet.get_by_role("menuitem", name="Reply"))


def test_a_finger_lifted_over_the_sheet_chooses_nothing(person: Make, phone: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send_all(ada, [f"Line {number}" for number in range(20)])
    ada.read(grace.messages(ada)[-1])
    chat = phone(ada)
    chat.open("Grace")
    reply = chat.page.get_by_role("menuitem", name="Reply")
    for line in ("Line 13", "Line 18"):  # beneath the reactions of the sheet, and the entries
        long_press(chat.bubble(line).locator(".bubble"), reply)
        reply.click()
        expect(chat.page.locator(".strip")).to_contain_text(line)
    expect(chat.page.locator(".reaction")).to_have_count(0)


TOUCH = {"pointerType": "touch", "isPrimary": True, "pointerId": 1, "bubbles": True}
LIFTED = """(element, touch) => {
  element.dispatchEvent(new PointerEvent("pointerup", touch));
  element.click();
}"""


def press(element: Locator, entry: Locator) -> None:
    """Keep a finger down until the menu opens, in a browser without a context menu."""
    element.dispatch_event("pointerdown", TOUCH)
    expect(entry).to_be_visible()
    element.evaluate(LIFTED, TOUCH)
