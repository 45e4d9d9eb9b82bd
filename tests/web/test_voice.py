"""Voice messages: recorded from a microphone, kept, and sent (rule W9)."""

import base64
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect

from tests.support.chromium import PROGRAM
from tests.support.process import ServerProcess
from tests.web.media_steps import REFUSING
from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.voice_steps import (
    clock,
    last_voice_message,
    record,
    record_button,
    recorder,
    voice_messages,
    who_have_talked,
    with_microphone,
)
from tests.web.waiting import Seen, at_least, seconds_of

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


KEPT_PIECES = """async () => {
  const all = await indexedDB.databases();
  const { name } = all.find((each) => each.name.startsWith("backchannel-recordings-"));
  const opening = indexedDB.open(name);
  await new Promise((done) => (opening.onsuccess = done));
  const counting = opening.result.transaction("pieces").objectStore("pieces").count();
  await new Promise((done) => (counting.onsuccess = done));
  opening.result.close();
  return counting.result >= 2;
}"""
"""Two seconds at least are on the disk."""
LET_GO = """async () => {
  const { held } = await navigator.locks.query();
  return !held.some(({ name }) => name.startsWith("backchannel-recording-"));
}"""
"""No tab has a recording."""


@pytest.fixture
def two(person: Make) -> tuple[Person, Person]:
    return who_have_talked(person)


@pytest.fixture
def chat(two: tuple[Person, Person], signed_in: Open) -> ChatPage:
    return with_microphone(signed_in(two[0]))


def test_W9_a_click_records_and_a_button_sends(two: tuple[Person, Person], chat: ChatPage) -> None:
    ada, grace = two
    page = chat.page
    record(page)
    page.wait_for_function("document.querySelectorAll('.live rect').length >= 30")
    page.get_by_role("button", name="Send voice message").click()
    expect(page.locator(".message--out[data-seq] .voice__play")).to_be_visible()
    expect(recorder(page)).to_have_count(0)
    expect(chat.field).to_be_visible()
    file = last_voice_message(grace, ada)
    assert file["type"] == "audio/webm"
    assert 1_500 < file["duration"] < 60_000
    bars = base64.b64decode(file["waveform"])
    assert len(bars) == 48
    assert max(bars) == 255
    assert min(bars) < 100, "the beeps of the microphone stand out"
    page.reload()
    expect(page.locator(".message--out[data-seq] .voice__play")).to_be_visible()
    expect(recorder(page)).to_have_count(0)


def test_W9_a_recording_is_paused_heard_continued_and_discarded(
    two: tuple[Person, Person], chat: ChatPage
) -> None:
    page = chat.page
    record(page, 4)
    page.get_by_role("button", name="Pause", exact=True).click()
    position = recorder(page).get_by_role("slider")
    expect(position.locator("rect")).to_have_count(48)
    paused = seconds_of(clock(page))
    heard = Seen(page, ".recorder [role=slider]", "aria-valuenow")
    played = Seen(page, ".recorder .voice__play", "aria-label")
    page.get_by_role("button", name="Play voice message").click()
    played.wait_for("^Pause voice message$")
    heard.wait_for("^[1-9]")
    assert seconds_of(clock(page)) == paused
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(clock(page)).to_have_text(at_least(paused + 2))
    page.get_by_role("button", name="Discard the recording").click()
    expect(chat.field).to_be_visible()
    assert voice_messages(two) == []
    page.reload()
    expect(chat.field).to_be_visible()


def test_W9_a_recording_outlives_another_conversation_and_a_reload(
    two: tuple[Person, Person], person: Make, chat: ChatPage
) -> None:
    ada, grace = two
    other = person("Edsger")
    other.send(ada, "Hello")
    page = chat.page
    record(page)
    chat.row("Edsger").click()
    expect(page.get_by_label("Message Edsger")).to_be_visible()
    expect(recorder(page)).to_have_count(0)
    expect(chat.row("Grace")).to_contain_text("Draft: Voice message")
    chat.row("Grace").click()
    expect(recorder(page).get_by_role("slider")).to_be_visible()
    page.reload()
    expect(recorder(page).get_by_role("slider")).to_be_visible()
    page.get_by_role("button", name="Send voice message").click()
    expect(page.locator(".message--out[data-seq] .voice__play")).to_be_visible()
    file = last_voice_message(grace, ada)
    assert file["duration"] > 1_500
    assert len(base64.b64decode(file["waveform"])) == 48


def test_W9_a_recording_survives_a_crash(two: tuple[Person, Person], chat: ChatPage) -> None:
    page = chat.page
    record(page)
    page.wait_for_function(KEPT_PIECES)
    page.goto("about:blank")  # the page has no time to end the recording
    page.goto(chat.address)
    chat.row("Grace").click()
    expect(recorder(page).get_by_role("slider")).to_be_visible()
    heard = Seen(page, ".recorder [role=slider]", "aria-valuenow")
    page.get_by_role("button", name="Play voice message").click()
    heard.wait_for("^[1-9]")


def test_W9_a_recording_belongs_to_one_tab(two: tuple[Person, Person], chat: ChatPage) -> None:
    page = chat.page
    record(page)
    other = ChatPage(page.context.new_page(), chat.address)
    toasts = Seen(other.page, ".toast")
    other.page.goto(page.url)
    toasts.wait_for("Another tab has this recording")
    expect(other.field).to_be_visible()
    expect(other.page.locator(".toast")).to_have_count(0)
    toasts = Seen(other.page, ".toast")
    record_button(other.page).click()
    toasts.wait_for("Another tab has this recording")
    expect(recorder(other.page)).to_have_count(0)
    page.close()
    other.page.wait_for_function(LET_GO)
    other.page.reload()
    expect(recorder(other.page).get_by_role("slider")).to_be_visible()
    other.page.get_by_role("button", name="Send voice message").click()
    expect(other.page.locator(".message--out[data-seq] .voice__play")).to_be_visible()
    assert last_voice_message(two[1], two[0])["duration"] > 1_500


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("NotAllowedError", "Allow it in the site's settings"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "Another program may be using it"),
    ],
)
def test_W9_the_reason_for_no_recording_is_shown(
    chat: ChatPage, failure: str, message: str
) -> None:
    page = chat.page
    page.evaluate(
        """(name) => {
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", name));
        }""",
        failure,
    )
    record_button(page).click()
    expect(recorder(page).get_by_role("alert")).to_contain_text(message)
    recorder(page).get_by_role("button", name="Close").click()
    expect(chat.field).to_be_visible()
    expect(record_button(page)).to_be_visible()


def test_W9_a_refused_microphone_is_reported(
    two: tuple[Person, Person], server: ServerProcess, browser: Browser
) -> None:
    """Simulate the browser's error after a refusal by the user."""
    with closing(browser.browser_type.launch(executable_path=PROGRAM, args=REFUSING)) as refusing:
        chat = ChatPage(refusing.new_page(), server.address)
        chat.sign_in(two[0].username)
        chat.open("Grace")
        record_button(chat.page).click()
        expect(recorder(chat.page).get_by_role("alert")).to_contain_text("Allow it")


def test_W9_a_lost_microphone_keeps_the_recording(
    two: tuple[Person, Person], chat: ChatPage
) -> None:
    ada, grace = two
    page = chat.page
    page.evaluate(
        """() => {
          const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          navigator.mediaDevices.getUserMedia = async (wanted) => {
            window.stream = await ask(wanted);
            return window.stream;
          };
        }"""
    )
    record(page)
    page.evaluate("() => window.stream.getTracks()[0].dispatchEvent(new Event('ended'))")
    expect(recorder(page).get_by_role("alert")).to_contain_text("disconnected")
    page.get_by_role("button", name="Send voice message").click()
    expect(page.locator(".message--out[data-seq] .voice__play")).to_be_visible()
    assert last_voice_message(grace, ada)["duration"] > 1_500


SEND_WHEN_SHOWN = """() => {
  new MutationObserver((_, observer) => {
    const send = document.querySelector(".recorder .send");
    if (!send) return;
    observer.disconnect();
    send.click();
  }).observe(document, { childList: true, subtree: true });
}"""


def test_W9_a_recording_that_is_too_short_is_not_sent(
    two: tuple[Person, Person], chat: ChatPage
) -> None:
    page = chat.page
    toasts = Seen(page, ".toast")
    page.evaluate(SEND_WHEN_SHOWN)
    record_button(page).click()
    toasts.wait_for("Hold to record")
    expect(chat.field).to_be_visible()
    assert voice_messages(two) == []
