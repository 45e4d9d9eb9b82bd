"""Pictures: blurred until they have loaded, by signed addresses, and without a network too."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Request, Route, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.test_updates import CONTROLLED
from tests.web.waiting import Held, box_of, eventually, is_loaded

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]
SIGNED = re.compile(r"/v1/files/[^/]+(/thumbnail)?\?signature=")
KEPT = """async () => {
  const cache = await caches.open("backchannel-media");
  return (await cache.keys()).map((each) => each.url.slice(location.origin.length));
}"""
SHIFT = """() => {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
  }).observe({ type: "layout-shift" });
}"""


def picture() -> bytes:
    content = BytesIO()
    Image.linear_gradient("L").resize((640, 400)).convert("RGB").save(content, "JPEG")
    return content.getvalue()


def with_picture(person: Make) -> tuple[Person, Person, dict[str, Any]]:
    """Two users, and the message with a picture that one has sent the other."""
    ada, grace = person("Ada"), person("Grace")
    for number in range(12):
        grace.send(ada, f"Line {number}")
    message = grace.send(ada, "", files=[grace.upload("harbour.jpg", picture())])
    grace.send(ada, "That was the harbour")
    return ada, grace, message


@pytest.mark.alone
def test_W8_a_picture_is_blurred_first_and_does_not_shift_the_view(
    person: Make, signed_in: Open
) -> None:
    ada, _, message = with_picture(person)
    chat = signed_in(ada)
    page = chat.page
    held = Held(page, SIGNED)
    chat.open("Grace")
    blurred = page.locator(".photo .picture")
    expect(blurred).to_have_css("background-image", re.compile('^url\\("data:image/png'))
    before = box_of(blurred)
    expect(page.locator(".photo img")).to_have_css("opacity", "0")
    page.evaluate(SHIFT)
    held.let_go()
    image = page.locator(".photo img")
    is_loaded(image)
    expect(blurred).to_have_css("background-image", "none")
    assert blurred.bounding_box() == before
    assert page.evaluate("window.shift") == 0
    (file,) = message["files"]
    assert str(image.get_attribute("src")).startswith(f"{file['thumbnail_url']}?signature=")


def test_W10_a_picture_opens_in_its_final_size(person: Make, signed_in: Open) -> None:
    ada, _, _ = with_picture(person)
    chat = signed_in(ada)
    page = chat.page
    chat.open("Grace")
    is_loaded(page.locator(".photo img"))
    held = Held(page, SIGNED)
    page.locator(".photo").click()
    frame = page.locator(".lightbox__picture")
    expect(frame.locator(".picture")).to_have_css("background-image", re.compile("^url"))
    before = box_of(frame)
    assert abs(before["width"] / before["height"] - 640 / 400) < 0.01
    held.let_go()
    is_loaded(frame.locator("img"))
    assert frame.bounding_box() == before


def test_a_signature_that_is_no_longer_valid_is_renewed(person: Make, signed_in: Open) -> None:
    ada, _, _ = with_picture(person)
    chat = signed_in(ada)
    page = chat.page
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=401)

    page.route(SIGNED, refuse_once)
    chat.open("Grace")
    is_loaded(page.locator(".photo img"))
    assert len(refused) == 1


def test_signatures_are_renewed_before_they_end(person: Make, signed_in: Open) -> None:
    ada, _, _ = with_picture(person)
    chat = signed_in(ada)
    page = chat.page
    asked: list[Request] = []
    page.on("request", lambda each: asked.append(each) if _signs(each) else None)
    page.clock.install()
    chat.open("Grace")
    is_loaded(page.locator(".photo img"))
    assert len(asked) == 1
    page.locator(".photo").click()
    is_loaded(page.locator(".lightbox__stage img"))
    assert len(asked) == 1, "a file has one signature"
    page.keyboard.press("Escape")
    expect(page.locator(".lightbox")).to_have_count(0)
    page.clock.fast_forward("09:01")
    page.locator(".photo").click()
    is_loaded(page.locator(".lightbox__stage img"))
    assert len(asked) == 2


def _signs(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/v1/files/urls")


@pytest.mark.parametrize("service_workers", ["allow"])
def test_W17_pictures_that_were_seen_are_shown_offline_until_they_are_deleted(
    person: Make, signed_in: Open
) -> None:
    ada, grace, message = with_picture(person)
    chat = signed_in(ada)
    page = chat.page
    page.evaluate(CONTROLLED)
    chat.open("Grace")
    is_loaded(page.locator(".photo img"))
    (file,) = message["files"]
    eventually(page, KEPT, [file["thumbnail_url"]])
    page.context.set_offline(offline=True)
    page.reload()
    is_loaded(page.locator(".photo img"))
    page.context.set_offline(offline=False)
    grace.delete(message)
    expect(page.locator(".photo")).to_have_count(0)
    eventually(page, KEPT, [])


@pytest.mark.parametrize("service_workers", ["allow"])
@pytest.mark.parametrize("is_open", [True, False], ids=["at once", "with the next visit"])
def test_cached_pictures_are_removed_when_the_login_was_ended_elsewhere(
    person: Make, signed_in: Open, *, is_open: bool
) -> None:
    ada, _, message = with_picture(person)
    chat = signed_in(ada)
    page = chat.page
    page.evaluate(CONTROLLED)
    chat.open("Grace")
    is_loaded(page.locator(".photo img"))
    eventually(page, KEPT, [message["files"][0]["thumbnail_url"]])
    if not is_open:
        page.goto("about:blank")
    ada.http.delete("/v1/logins").raise_for_status()
    if not is_open:
        page.goto(chat.address)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    eventually(page, KEPT, [])
