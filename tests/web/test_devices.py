"""Devices with a wrong clock or without storage space."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Error, FilePayload, Page, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import Seen, at_least

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

HOUR = 3_600_000
ROOM = 3_000_000
"""Bytes that the device has room for."""
FILL = """async () => {
  const open = indexedDB.open('filler');
  open.onupgradeneeded = () => open.result.createObjectStore('all', {autoIncrement: true});
  await new Promise((done) => (open.onsuccess = done));
  const write = (size) => new Promise((done) => {
    const transaction = open.result.transaction('all', 'readwrite');
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 65536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65536));
    }
    transaction.objectStore('all').put(bytes);
    transaction.oncomplete = () => done(true);
    transaction.onabort = () => done(false);
  });
  for (const size of [100_000, 10_000, 1_000, 100]) while (await write(size));
  open.result.close();
}"""
EMPTY = """() => new Promise((done) => {
  indexedDB.deleteDatabase('filler').onsuccess = done;
})"""
SHIFT = """(() => {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) {
      if (given.length > 0) super(...given);
      else super(Real.now() + SHIFTED);
    }
    static now() {
      return Real.now() + SHIFTED;
    }
  };
})()"""


def minutes(page: Page, selector: str) -> list[str]:
    """The times that are shown at these elements."""
    return re.findall(r"\d\d:\d\d", " ".join(page.locator(selector).all_inner_texts()))


def minutes_since(begun: float) -> set[str]:
    """The times of day since then, as the page shows them."""
    passed = range(int(begun), int(time.time()) + 1)
    return {time.strftime("%H:%M", time.localtime(each)) for each in passed}


@pytest.mark.parametrize("shift", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_clock_that_is_an_hour_off_changes_neither_order_nor_times(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext], shift: int
) -> None:
    begun = time.time()
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Before")
    chat = ChatPage(context().new_page(), server.address)
    chat.page.add_init_script(SHIFT.replace("SHIFTED", str(shift)))
    chat.sign_in(ada.username)
    chat.open("Grace")
    chat.send("From a wrong clock")
    expect(chat.state("From a wrong clock")).to_have_attribute("aria-label", "Sent")
    grace.send(ada, "After")
    expect(chat.bubble("After")).to_be_visible()
    grace.read(grace.messages(ada)[-1])
    expect(chat.page.locator(".state-line")).to_contain_text("Read")
    chat.page.context.set_offline(offline=True)
    chat.send("Not sent yet")
    expect(chat.state("Not sent yet")).to_have_attribute("aria-label", "Sending")
    chat.wait_for_texts("Before", "From a wrong clock", "After", "Not sent yet")
    assert set(minutes(chat.page, ".thread")) <= minutes_since(begun)
    assert chat.page.locator(".day__pill").all_inner_texts() == ["Today"]
    chat.page.context.set_offline(offline=False)
    expect(chat.state("Not sent yet")).to_have_attribute("aria-label", "Sent")
    assert set(minutes(chat.page, ".row")) <= minutes_since(begun)


def test_W2_a_device_with_full_storage_says_so_and_continues(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = ChatPage(context().new_page(), server.address)
    page = chat.page
    quota(page, chat.address, ROOM)
    chat.sign_in(ada.username)
    chat.open("Grace")
    expect(chat.bubble("Hello")).to_be_visible()
    page.evaluate(FILL)
    grace.send(ada, "Do you still hear me?")
    expect(chat.bubble("Do you still hear me?")).to_be_visible()
    expect(page.get_by_text("This device is full.")).to_be_visible()
    chat.send("I do")
    expect(chat.state("I do")).to_have_attribute("aria-label", "Sent")
    chat.field.fill("half a thought")
    grace.send(ada, "Good")
    expect(chat.bubble("Good")).to_be_visible()
    expect(chat.field).to_have_value("half a thought")
    expect(chat.status).not_to_have_text("Connecting…")
    assert [each["body"] for each in grace.messages(ada)] == [
        "Hello",
        "Do you still hear me?",
        "I do",
        "Good",
    ]
    quota(page, chat.address, 1_000 * ROOM)
    page.evaluate(EMPTY)
    page.reload()
    chat.open("Grace")
    expect(chat.bubble("Good")).to_be_visible()
    chat.wait_for_texts("Hello", "Do you still hear me?", "I do", "Good")
    expect(page.get_by_text("This device is full.")).to_have_count(0)


def quota(page: Page, address: str, size: int) -> None:
    """Allow this origin this many bytes."""
    given = {"origin": address, "quotaSize": size}
    page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", given)


@pytest.fixture
def filled(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext]
) -> tuple[Person, Person, ChatPage]:
    """Two users, and the page of the first on a device with little storage."""
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = ChatPage(context().new_page(), server.address)
    quota(chat.page, chat.address, ROOM)
    chat.page.context.grant_permissions(["microphone"])
    chat.sign_in(ada.username)
    chat.open("Grace")
    return ada, grace, chat


def test_W9_a_recording_is_sent_from_a_device_without_room(
    filled: tuple[Person, Person, ChatPage],
) -> None:
    ada, grace, chat = filled
    page = chat.page
    errors: list[Error] = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108
    page.get_by_role("button", name="Record a voice message").click()
    expect(page.get_by_role("group", name="Recording").locator("time")).to_have_text(at_least(2))
    page.evaluate(FILL)
    page.get_by_role("button", name="Send voice message").click()
    expect(page.locator(".message--out[data-seq] .voice__play")).to_be_visible()
    expect(chat.field).to_be_visible()
    assert [len(each["files"]) for each in grace.messages(ada)] == [0, 1]
    assert errors == []


def test_W2_a_tab_that_cannot_send_on_a_full_device_says_so(
    filled: tuple[Person, Person, ChatPage],
) -> None:
    _, __, first = filled
    tab = ChatPage(first.page.context.new_page(), first.address)
    errors: list[Error] = []
    tab.page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108
    tab.page.goto(first.page.url)
    expect(tab.bubble("Hello")).to_be_visible()
    record = tab.page.get_by_role("button", name="Record a voice message")
    record.click()
    recorder = tab.page.get_by_role("group", name="Recording")
    expect(recorder.locator("time")).to_have_text(at_least(2))
    tab.page.evaluate(FILL)
    tab.page.get_by_role("button", name="Send voice message").click()
    expect(recorder.get_by_role("alert")).to_contain_text("that you opened first")
    tab.page.get_by_role("button", name="Discard the recording").click()
    tab.field.fill("Not from here")
    toasts = Seen(tab.page, ".toast")
    tab.page.get_by_role("button", name="Send").click()
    toasts.wait_for("that you opened first")
    expect(tab.field).to_have_value("Not from here")
    assert errors == []


def test_W8_a_file_is_sent_from_a_device_without_room(
    filled: tuple[Person, Person, ChatPage],
) -> None:
    ada, grace, chat = filled
    page = chat.page
    page.evaluate(FILL)
    content = FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"plan " * 40_000)
    page.locator("input[type=file]").set_input_files([content])
    expect(page.get_by_text("This device is full.")).to_be_visible()
    expect(page.locator(".tray__item--file", has_text="plan.txt")).to_be_visible()
    chat.field.fill("Here it is")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(chat.bubble("Here it is").locator(".file")).to_be_visible()
    expect(chat.state("Here it is")).to_have_attribute("aria-label", "Sent")
    assert [len(each["files"]) for each in grace.messages(ada)] == [0, 1]
