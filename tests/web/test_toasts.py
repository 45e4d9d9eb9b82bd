"""Toasts are shown on every page: without a conversation, in settings and over dialogs."""

from collections.abc import Callable

from playwright.sync_api import FilePayload

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.test_files import picture
from tests.web.waiting import Seen

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

UNREACHABLE = "The server cannot be reached"


def test_a_toast_is_shown_where_no_conversation_is_open(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    toasts = Seen(chat.page, ".toast-area--page .toast")
    chat.row("Grace").click(button="right")
    chat.page.get_by_role("menuitem", name="Block Grace").click()
    toasts.wait_for("You cannot write to each other")
    assert [each["id"] for each in ada.http.get("/v1/blocks").json()["items"]] == [grace.id]


def test_a_toast_is_shown_in_settings_and_over_a_dialog(person: Make, signed_in: Open) -> None:
    chat = signed_in(person("Ada"))
    page = chat.page
    page.goto(f"{chat.address}/settings")
    page.locator("input[type=file]").set_input_files(
        [FilePayload(name="me.png", mimeType="image/png", buffer=picture())]
    )
    dialog = page.get_by_role("dialog", name="Change picture")
    dialog.get_by_label("Zoom").wait_for()
    page.route("**/v1/me/avatar", lambda route: route.abort())
    toasts = Seen(page, "dialog .toast")
    dialog.get_by_role("button", name="Save").click()
    toasts.wait_for(UNREACHABLE)
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.locator(".toast").wait_for(state="detached")
    page.context.set_offline(offline=True)
    toasts = Seen(page, ".toast")
    page.get_by_role("checkbox", name="Typing").click(force=True)  # removed again at once
    toasts.wait_for(UNREACHABLE)
