"""The steps to a conversation, and to the dialogs and requests that pictures show."""

from collections.abc import Callable

from playwright.sync_api import Page


def open_mira(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".row", has_text="Mira").click()
    page.locator(".bubble").first.wait_for()
    page.wait_for_timeout(500)


def menu(page: Page, address: str) -> None:
    open_mira(page, address)
    page.locator(".message--out .bubble").last.click(button="right")
    page.locator(".context").wait_for()


def delivery_times(page: Page, address: str) -> None:
    menu(page, address)
    page.get_by_role("menuitem", name="Delivery times").click()
    page.get_by_role("dialog", name="Delivery times").locator("dd").last.wait_for()


def forward(page: Page, address: str) -> None:
    menu(page, address)
    page.get_by_role("menuitem", name="Send to someone else").click()
    page.get_by_role("dialog", name="Send to someone else").locator(".option").first.wait_for()


def requests(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Message requests").click()
    page.locator(".row", has_text="Rosa").wait_for()


def request(page: Page, address: str) -> None:
    requests(page, address)
    page.locator(".row", has_text="Rosa").click()
    page.locator(".request").wait_for()


def report(page: Page, address: str) -> None:
    request(page, address)
    page.get_by_role("button", name="Report").click()
    page.get_by_role("dialog", name="Report Rosa").wait_for()


def reactions(page: Page, address: str) -> None:
    menu(page, address)
    page.get_by_role("button", name="More emoji").click()
    page.locator(".picker__grid [role=gridcell]").first.wait_for()


def privacy(page: Page, address: str) -> None:
    page.goto(f"{address}/settings/privacy")
    page.get_by_role("checkbox", name="Anyone can write to you").scroll_into_view_if_needed()


DIALOG_STATES: dict[str, Callable[[Page, str], None]] = {
    "delivery-times": delivery_times,
    "forward": forward,
    "settings-privacy": privacy,
    "requests": requests,
    "request": request,
    "report": report,
    "reactions": reactions,
}
