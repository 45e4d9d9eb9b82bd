"""Keys in the thread, and an input method that uses Enter itself."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_W14_a_reply_and_an_edit_need_no_mouse(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Half past nine?")
    chat = signed_in(ada)
    page = chat.page
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill(grace.username)
    option = page.locator(".option", has_text=f"@{grace.username}")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(chat.bubble("Half past nine?")).to_be_visible()
    page.locator(".thread").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("r")
    expect(page.get_by_text("Replying to Grace")).to_be_visible()
    page.keyboard.type("Half past eight")
    page.keyboard.press("Enter")
    expect(chat.bubble("Half past eight").locator(".quote")).to_contain_text("Half past nine?")
    page.locator(".thread").focus()
    page.keyboard.press("ArrowUp")
    chat.stop_clock()
    page.keyboard.press("Delete")
    expect(page.get_by_role("status")).to_contain_text("Message deleted")
    page.get_by_role("button", name="Undo").click()
    expect(chat.bubble("Half past eight")).to_be_visible()


def test_W15_enter_that_ends_a_composition_sends_nothing(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    chat.open("Grace")
    expect(chat.bubble("Hello")).to_be_visible()
    chat.field.fill("にほんご")
    chat.field.evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, bubbles: true}))"
    )
    chat.page.wait_for_timeout(300)
    expect(chat.field).to_have_value("にほんご")
    assert len(grace.messages(ada)) == 1
