"""The pictures of a conversation, one at a time (rule W10)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.media import png
from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.touch import swipe
from tests.web.waiting import box_of

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


@pytest.fixture
def opened(person: Make, phone: Open) -> Locator:
    """The first of two pictures, on a phone."""
    ada, grace = person("Ada"), person("Grace")
    for name in ("first.png", "last.png"):
        grace.send(ada, "", files=[grace.upload(name, png())])
    chat = phone(ada)
    chat.open("Grace")
    chat.page.get_by_role("button", name="first.png").click()
    lightbox = chat.page.locator(".lightbox")
    expect(lightbox.locator(".lightbox__stage img[data-loaded]")).to_be_visible()
    return lightbox


def test_W10_pictures_are_swiped_through_on_a_touch_screen(opened: Locator) -> None:
    stage = opened.locator(".lightbox__stage")
    swipe(stage, 120)  # there is no earlier one
    expect(opened).to_contain_text("first.png")
    swipe(stage, -120)
    expect(opened).to_contain_text("last.png")
    swipe(stage, 120)
    expect(opened).to_contain_text("first.png")


def test_W10_a_tap_beside_the_picture_closes_it(opened: Locator) -> None:
    opened.locator(".lightbox__stage").click(position={"x": 20, "y": 20})
    expect(opened).to_have_count(0)


def test_W10_a_small_picture_is_not_enlarged(opened: Locator) -> None:
    picture = box_of(opened.locator(".lightbox__picture"))
    assert (picture["width"], picture["height"]) == (90, 60)


def test_W10_small_copies_of_all_pictures_lead_to_them(opened: Locator) -> None:
    strip = opened.get_by_role("group", name="Photos")
    current = strip.locator('button[aria-current="true"]')
    expect(strip.get_by_role("button")).to_have_count(2)
    expect(current).to_have_accessible_name("first.png")
    strip.get_by_role("button", name="last.png").click()
    expect(opened.locator(".lightbox__name")).to_contain_text("last.png")
    expect(current).to_have_accessible_name("last.png")
    expect(current).to_be_in_viewport()
    opened.page.keyboard.press("ArrowLeft")
    expect(current).to_have_accessible_name("first.png")
