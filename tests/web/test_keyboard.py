"""Everything can be done without a pointer, and the focus is never lost (rule W14)."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import PASSWORD, Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

FAR = 80
"""Tab stops that no page has between two things."""
FOCUSED = """() => {
  const at = document.activeElement;
  return at !== null && at !== document.body && at.matches(':focus-visible, [tabindex="-1"]');
}"""


PRESS_WHEN_SHOWN = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".searchbox")) return;
  observer.disconnect();
  dispatchEvent(new KeyboardEvent("keydown", { key: "/", ctrlKey: true }));
}).observe(document, { childList: true, subtree: true });
"""


def tab_to(target: Locator, key: str = "Tab") -> None:
    """Press Tab until the focus is there; it must be visible all the time."""
    page = target.page
    expect(target).to_be_visible()
    for _ in range(FAR):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED), f"the focus is lost on the way to {target}"
    raise AssertionError(f"Tab does not reach {target}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_W14_keys_work_as_soon_as_the_page_is_shown(
    person: Make, signed_in: Callable[[Person], ChatPage]
) -> None:
    page = signed_in(person("Ada")).page
    page.add_init_script(PRESS_WHEN_SHOWN)
    page.reload()
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_W14_from_the_first_page_to_signing_out_without_a_pointer(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext]
) -> None:
    grace = person("Grace")
    page = context().new_page()
    chat = ChatPage(page, server.address)
    register(page, server.address, "keys")
    write_to(chat, grace)
    react_reply_edit_delete(chat)
    search(chat)
    settings_and_out(page)


def register(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_role("heading", name="Sign in").wait_for()
    tab_to(page.get_by_role("link", name="Create an account"))
    press(page, "Enter")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Keys")
    tab_to(page.get_by_label("Username"))
    page.keyboard.type(username)
    tab_to(page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.get_by_role("navigation", name="Conversations").wait_for()


def write_to(chat: ChatPage, grace: Person) -> None:
    page = chat.page
    tab_to(page.get_by_role("button", name="New conversation"))
    press(page, "Enter")
    expect(page.get_by_label("Name or username")).to_be_focused()
    page.keyboard.type(grace.username)
    page.locator(".option", has_text=f"@{grace.username}").wait_for()
    press(page, "Enter")
    expect(chat.field).to_be_focused()
    page.keyboard.type("Hello Grace")
    press(page, "Enter")
    expect(chat.state("Hello Grace")).to_have_attribute("aria-label", "Sent")
    expect(chat.field).to_be_focused()


def react_reply_edit_delete(chat: ChatPage) -> None:
    page = chat.page
    thread = page.get_by_role("region", name="Messages")
    message = chat.bubble("Hello Grace")
    tab_to(thread, "Shift+Tab")
    press(page, "ArrowUp")
    expect(message).to_be_focused()
    press(page, "+")
    thumb = page.get_by_role("dialog").get_by_role("button", name="React with 👍")
    tab_to(thumb, "Shift+Tab")
    press(page, "Enter")
    expect(message.locator(".reaction")).to_have_text("👍")
    expect(message).to_be_focused()
    press(page, "r")
    expect(page.get_by_text("Replying to yourself")).to_be_visible()
    expect(chat.field).to_be_focused()
    page.keyboard.type("A reply")
    press(page, "Enter")
    expect(chat.bubble("A reply").locator(".quote")).to_contain_text("Hello Grace")
    expect(chat.state("A reply")).to_have_attribute("aria-label", "Sent")
    press(page, "ArrowUp")
    expect(chat.field).to_have_value("A reply")
    page.keyboard.type(", edited")
    press(page, "Enter")
    expect(chat.bubble("A reply, edited")).to_be_visible()
    expect(chat.field).to_be_focused()
    tab_to(thread, "Shift+Tab")
    chat.stop_clock()
    press(page, "ArrowUp", "Delete")
    expect(page.get_by_role("status").filter(has_text="Message deleted")).to_be_visible()
    expect(page.locator(".message", has_text="You deleted a message")).to_be_focused()
    tab_to(page.get_by_role("button", name="Undo"))
    press(page, "Enter")
    expect(chat.bubble("A reply, edited")).to_be_visible()
    page.wait_for_function(FOCUSED)


def test_W14_the_keys_do_not_edit_or_copy_a_message_without_text(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "With words")
    ada.send(grace, "", files=[ada.upload("plan.txt", b"first this")])
    chat = signed_in(ada)
    page = chat.page
    chat.open("Grace")
    last = page.locator(".message", has_text="plan.txt")
    last.focus()
    press(page, "c", "e", "r")
    expect(page.get_by_text("Replying to yourself")).to_be_visible()
    expect(page.get_by_text("Copied")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel editing")).to_have_count(0)
    page.get_by_role("button", name="Cancel reply").click()
    chat.field.press("ArrowUp")
    expect(chat.field).to_have_value("With words")


def search(chat: ChatPage) -> None:
    page = chat.page
    press(page, "Control+f")
    box = page.get_by_role("combobox", name="Search in this conversation")
    expect(box).to_be_focused()
    page.keyboard.type("edited")
    page.get_by_role("option").first.wait_for()
    press(page, "Enter")
    expect(chat.bubble("A reply, edited")).to_be_visible()
    tab_to(box, "Shift+Tab")
    press(page, "Escape")
    expect(box).to_have_count(0)
    page.wait_for_function(FOCUSED)


def settings_and_out(page: Page) -> None:
    tab_to(page.get_by_role("link", name="Your account"), "Shift+Tab")
    press(page, "Enter")
    expect(page.get_by_role("main")).to_be_focused()
    enter = page.get_by_role("checkbox", name="Enter sends")
    tab_to(enter)
    press(page, "Space")
    expect(enter).not_to_be_checked()
    tab_to(page.get_by_role("link", name="Back to conversations"), "Shift+Tab")
    press(page, "Enter")
    page.get_by_role("navigation", name="Conversations").wait_for()
    page.wait_for_function(FOCUSED)
    tab_to(page.get_by_role("link", name="Your account"))
    press(page, "Enter")
    expect(page.get_by_role("main")).to_be_focused()
    tab_to(page.get_by_role("button", name="Sign out", exact=True).first, "Shift+Tab")
    press(page, "Enter")
    expect(page.get_by_label("Email or username")).to_be_focused()
