"""The pages of the client as a person uses them."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, expect

from tests.web.people import PASSWORD
from tests.web.waiting import TIMEOUT, eventually

expect.set_options(timeout=TIMEOUT)


class ChatPage:
    """A tab with the chat of one person."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def sign_in(self, username: str) -> None:
        page = self.page
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("Email or username").fill(username)
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Conversations").wait_for()

    def open(self, name: str) -> None:
        """Open a conversation that is in the list."""
        self.row(name).click()
        expect(self.row(name)).to_have_attribute("aria-current", "page")
        self.field.wait_for()

    def find(self, username: str) -> None:
        """Begin a conversation with a user who may not be in the list."""
        self.page.get_by_role("button", name="New conversation").click()
        self.page.get_by_label("Name or username").fill(username)
        self.page.locator(".option", has_text=f"@{username}").click()
        self.field.wait_for()

    def send(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def delete(self, text: str) -> None:
        self.bubble(text).locator(".bubble").click(button="right")
        self.page.get_by_role("menuitem", name="Delete").click()

    def stop_clock(self) -> None:
        """Keep what the page shows for some seconds, such as Undo: a busy machine needs longer."""
        self.page.clock.set_fixed_time(datetime.now(UTC))

    def row(self, name: str) -> Locator:
        return self.page.locator(".row", has_text=name)

    @property
    def field(self) -> Locator:
        return self.page.locator("textarea#message-field")  # a recording has the same id

    def bubble(self, text: str) -> Locator:
        return self.page.locator(".message", has_text=text)

    def wait_for_uploads(self, *names: str) -> None:
        """Wait until the draft has these files, and each is on the server."""
        for name in names:
            expect(self.page.get_by_role("button", name=f"Remove {name}")).to_be_visible()
        expect(self.page.locator(".tray .ring")).to_have_count(0)

    def wait_for_texts(self, *texts: str, of: str = "") -> None:
        """Wait until these are the texts in the thread that begin with `of`."""
        eventually(
            self.page, lambda: [each for each in self.texts() if each.startswith(of)], [*texts]
        )

    def texts(self) -> list[str]:
        """The texts in the thread, in order, without their times."""
        found = self.page.locator(".bubble__text").all_inner_texts()
        return [re.sub(r"\s*(Edited)?\s*\d\d:\d\d$", "", text).strip() for text in found]

    def state(self, text: str) -> Locator:
        """The tick of a message."""
        return self.bubble(text).locator(".tick")

    @property
    def status(self) -> Locator:
        return self.page.locator(".bar__status")
