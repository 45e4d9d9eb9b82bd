"""Voice messages on a touch screen: held, locked, cancelled, or begun with a tap (rule W9)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.voice_steps import (
    clock,
    record_button,
    recorder,
    voice_messages,
    who_have_talked,
    with_microphone,
)
from tests.web.waiting import at_least, box_of, seconds_of

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


class Finger:
    """A finger on a touch screen."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def move(self, kind: str, x: float = 0, y: float = 0) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


Touching = tuple[Page, Finger, float, float]


@pytest.fixture
def two(person: Make) -> tuple[Person, Person]:
    return who_have_talked(person)


@pytest.fixture
def chat(two: tuple[Person, Person], signed_in: Open) -> ChatPage:
    return with_microphone(signed_in(two[0]))


@pytest.fixture
def touching(chat: ChatPage) -> Touching:
    """The page, a finger, and where the middle of the button is."""
    finger = Finger(chat.page)
    box = box_of(record_button(chat.page))
    return chat.page, finger, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_W9_holding_records_and_letting_go_sends(
    two: tuple[Person, Person], touching: Touching
) -> None:
    page, finger, x, y = touching
    finger.move("touchStart", x, y)
    expect(clock(page)).to_have_text(at_least(3))
    expect(page.get_by_text("Slide to cancel")).to_be_visible()
    finger.move("touchMove", x - 20, y)
    finger.move("touchEnd")
    expect(recorder(page)).to_have_count(0)
    expect(record_button(page)).to_be_visible()
    expect(page.locator(".tray")).to_have_count(0)
    expect(page.locator(".message--out[data-seq] .voice__play")).to_be_visible()
    (message,) = voice_messages(two)
    assert message["files"][0]["duration"] > 1_500


def test_W9_sliding_up_locks(two: tuple[Person, Person], touching: Touching) -> None:
    page, finger, x, y = touching
    finger.move("touchStart", x, y)
    expect(clock(page)).to_have_text(at_least(1))
    finger.move("touchMove", x, y - 100)
    finger.move("touchEnd")
    expect(clock(page)).to_have_text(at_least(seconds_of(clock(page)) + 1))
    page.get_by_role("button", name="Send voice message").click()
    expect(page.locator(".message--out[data-seq] .voice__play")).to_be_visible()


def test_W9_sliding_aside_cancels(two: tuple[Person, Person], touching: Touching) -> None:
    page, finger, x, y = touching
    finger.move("touchStart", x, y)
    expect(clock(page)).to_have_text(at_least(1))
    finger.move("touchMove", x - 80, y)
    expect(page.get_by_text("Release to cancel")).to_be_visible()
    finger.move("touchMove", x - 130, y)
    finger.move("touchEnd")
    expect(recorder(page)).to_have_count(0)
    expect(record_button(page)).to_be_visible()
    assert voice_messages(two) == []


TAP = """(button) => {
  Element.prototype.setPointerCapture = () => {};
  const touch = { bubbles: true, isPrimary: true, pointerId: 1, pointerType: "touch" };
  button.dispatchEvent(new PointerEvent("pointerdown", touch));
  button.dispatchEvent(new PointerEvent("pointerup", touch));
  button.click();
}"""
"""In one step: a busy machine could make a hold of a tap."""


def test_W9_a_tap_records_without_holding(chat: ChatPage) -> None:
    page = chat.page
    record_button(page).evaluate(TAP)
    expect(clock(page)).to_have_text(at_least(1))
    expect(page.get_by_role("button", name="Send voice message")).to_be_visible()
