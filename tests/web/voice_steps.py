"""Steps of the tests that record voice messages."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import at_least


def who_have_talked(person: Callable[[str], Person]) -> tuple[Person, Person]:
    """Two users who have chatted."""
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Tell me about it")
    return ada, grace


def with_microphone(page: ChatPage) -> ChatPage:
    """The page of the first user, in the conversation, with a microphone."""
    page.page.context.grant_permissions(["microphone"])
    page.open("Grace")
    return page


def record_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Record a voice message")


def recorder(page: Page) -> Locator:
    return page.get_by_role("group", name="Recording")


def clock(page: Page) -> Locator:
    return recorder(page).locator("time")


def record(page: Page, seconds: int = 3) -> None:
    """Record by clicking, for at least this long."""
    record_button(page).click()
    expect(clock(page)).to_have_text(at_least(seconds))


def last_voice_message(person: Person, other: Person) -> dict[str, Any]:
    """The last message, which must be a voice message, and its file."""
    (file,) = person.messages(other)[-1]["files"]
    return dict(file)


def voice_messages(two: tuple[Person, Person]) -> list[dict[str, Any]]:
    return [each for each in two[1].messages(two[0]) if each["files"]]
