"""Notifications of an open tab, and the storage that the client uses."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]

SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map(({ title, body }) => [title, body]);
}"""

LISTEN = """
window.contexts = [];
window.AudioContext = class extends AudioContext {
  constructor(...given) {
    super(...given);
    contexts.push(this);
  }
};
const { start } = AudioScheduledSourceNode.prototype;
window.played = [];
AudioScheduledSourceNode.prototype.start = function (...given) {
  window.played.push(this.type);
  return start.apply(this, given);
};
"""


@pytest.fixture
def service_workers() -> str:
    return "allow"


def until_shown(page: Page, expected: list[list[str]]) -> None:
    """Wait until these notifications are shown, in the order of their names."""
    page.wait_for_function(
        f"async (expected) => JSON.stringify((await ({SHOWN})()).sort()) === expected",
        arg=json.dumps(expected, separators=(",", ":")),
    )


def test_W13_a_message_notifies_unless_its_conversation_is_looked_at(
    server: ServerProcess, person: Make, context: Callable[..., BrowserContext]
) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    for each in (grace, joan):
        ada.send(each, "Hello")
    browser = context(permissions=["notifications"])
    chat = ChatPage(browser.new_page(), server.address)
    chat.sign_in(ada.username)
    page = chat.page
    page.goto(f"{server.address}/settings/notifications")
    page.get_by_role("checkbox", name="On this device").check()
    page.get_by_role("button", name="Send a test").click()
    until_shown(page, [["Backchannel", "A notification looks like this."]])
    grace.send(ada, "Are you there?")
    until_shown(
        page, [["Backchannel", "A notification looks like this."], ["Grace", "1 new message"]]
    )
    page.get_by_role("checkbox", name="Show message text").check()
    page.goto(server.address)
    chat.open("Grace")
    grace.send(ada, "Seen at once")
    expect(chat.bubble("Seen at once")).to_be_visible()
    joan.send(ada, "Lunch?")
    until_shown(
        page,
        [
            ["Backchannel", "A notification looks like this."],
            ["Grace", "1 new message"],
            ["Joan", "Lunch?"],
        ],
    )


def test_W13_quiet_hours_and_the_sound_of_notifications(
    server: ServerProcess, person: Make, context: Callable[..., BrowserContext]
) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    for each in (grace, joan):
        ada.send(each, "Hello")
    browser = context(permissions=["notifications"])
    browser.add_init_script(LISTEN)
    chat = ChatPage(browser.new_page(), server.address)
    chat.sign_in(ada.username)
    page = chat.page
    page.goto(f"{server.address}/settings/notifications")
    page.get_by_role("checkbox", name="On this device").check()
    page.get_by_label("Sound").select_option(label="Wood")
    page.wait_for_function("() => played.includes('triangle')")
    page.wait_for_function("() => contexts.at(-1).state === 'suspended'")
    page.get_by_role("checkbox", name="Quiet hours").check()
    for name, hours in (("From", -2), ("Until", 2)):
        page.get_by_label(name, exact=True).fill(
            f"{datetime.now(UTC).astimezone() + timedelta(hours=hours):%H:%M}"
        )
    page.evaluate("played.length = 0")
    page.get_by_role("link", name="Back to conversations").click()
    grace.send(ada, "While it is quiet")
    expect(chat.row("Grace")).to_contain_text("While it is quiet")
    assert page.evaluate("played") == []
    page.go_back()
    page.get_by_role("checkbox", name="Quiet hours").uncheck()
    joan.send(ada, "Lunch?")
    until_shown(page, [["Joan", "1 new message"]])
    page.wait_for_function("() => played.includes('triangle')")


def test_pictures_and_sounds_can_be_removed_from_the_device(
    person: Make, signed_in: Callable[[Person], ChatPage]
) -> None:
    page = signed_in(person("Ada")).page
    page.goto(f"{page.url.rstrip('/')}/settings/storage")
    page.evaluate("async () => (await caches.open('backchannel-media')).put('/x', new Response())")
    page.get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_function("async () => !(await caches.has('backchannel-media'))")
