"""States of the pictures with photos and voice messages."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.waiting import TIMEOUT, at_least

_BEEPING = ["--no-sandbox", "--use-fake-device-for-media-stream"]
MICROPHONE = [*_BEEPING, "--use-fake-ui-for-media-stream"]
"""Options of Chromium: a microphone of its own, which beeps and may be used."""
REFUSING = [*_BEEPING, "--use-fake-ui-for-media-stream=deny"]
"""The same, with a user who allows no page to use it."""
REFUSED = """() => {
  const refused = new DOMException("", "NotAllowedError");
  navigator.mediaDevices.getUserMedia = () => Promise.reject(refused);
}"""
HELD = """() => {
  const touch = (type, y) => document.querySelector(".record").dispatchEvent(
    new PointerEvent(type, {
      bubbles: true, isPrimary: true, pointerId: 1, pointerType: "touch", clientX: 0, clientY: y,
    }));
  Element.prototype.setPointerCapture = () => {};
  touch("pointerdown", 0);
}"""


def open_mira(page: Page, address: str) -> None:
    """Open the conversation, which may have a recording."""
    page.goto(address)
    page.locator(".row", has_text="Mira").click()
    page.locator(".bubble").first.wait_for()


def begin_anew(page: Page, address: str) -> None:
    """The conversation without a recording or a draft."""
    open_mira(page, address)
    waiting = page.get_by_role("button", name="Discard the recording")
    field = page.locator("textarea#message-field")
    expect(waiting.or_(field)).to_be_visible(timeout=TIMEOUT)
    if waiting.count():
        waiting.click()
    page.get_by_label("Message Mira").fill("")
    attached = page.locator(".tray__remove")
    for left in range(attached.count(), 0, -1):
        attached.first.click()
        expect(attached).to_have_count(left - 1)
    page.get_by_role("button", name="Record a voice message").wait_for()


def voice(page: Page, address: str) -> None:
    begin_anew(page, address)
    player = page.locator(".voice").last
    player.scroll_into_view_if_needed()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
        player.get_by_role("slider").press(key)
    player.get_by_role("button").first.click()
    expect(player.get_by_role("button", name="Pause voice message")).to_be_visible()
    further = at_least(16)  # later than the chosen position: it plays
    expect(player.get_by_role("slider")).to_have_attribute(
        "aria-valuenow", further, timeout=TIMEOUT
    )


def recording(page: Page, address: str) -> None:
    page.context.grant_permissions(["microphone"])
    begin_anew(page, address)
    page.get_by_role("button", name="Record a voice message").click()
    expect(page.locator(".recording time")).to_have_text(at_least(3), timeout=TIMEOUT)


def recording_heard(page: Page, address: str) -> None:
    recording(page, address)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("slider").last.press("ArrowRight")


def recording_again(page: Page, address: str) -> None:
    """After a reload."""
    recording(page, address)
    open_mira(page, address)
    page.get_by_role("group", name="Recording").get_by_role("slider").wait_for()


def recording_refused(page: Page, address: str) -> None:
    begin_anew(page, address)
    page.evaluate(REFUSED)
    page.get_by_role("button", name="Record a voice message").click()
    page.get_by_role("alert").wait_for()


def recording_held(page: Page, address: str) -> None:
    page.context.grant_permissions(["microphone"])
    begin_anew(page, address)
    page.evaluate(HELD)
    expect(page.locator(".recording time")).to_have_text(at_least(3), timeout=TIMEOUT)


def photo_coming(page: Page, address: str) -> None:
    """A photo that has not loaded yet: its address is not signed, and it is not kept."""
    page.evaluate("caches.delete('backchannel-media')")
    page.route("**/v1/files/urls", lambda route: route.abort())
    open_mira(page, address)
    page.locator(".photo").last.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    page.unroute("**/v1/files/urls")


def photo(page: Page, address: str) -> None:
    open_mira(page, address)
    page.locator(".photo").last.click()
    page.locator(".lightbox__stage img[data-loaded]").wait_for()


MEDIA_STATES: dict[str, Callable[[Page, str], None]] = {
    "voice": voice,
    "recording": recording,
    "recording-heard": recording_heard,
    "recording-again": recording_again,
    "recording-refused": recording_refused,
    "recording-held": recording_held,
    "photo-coming": photo_coming,
    "photo": photo,
}
