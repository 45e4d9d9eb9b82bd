"""Voice messages are played from any position, at any speed, and offline (rules W9, W17)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.test_media import KEPT
from tests.web.test_updates import CONTROLLED
from tests.web.waiting import Held, at_least, box_of, eventually

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


@pytest.fixture
def seconds() -> tuple[int, int]:
    """The lengths of two voice messages."""
    return 20, 40


@pytest.fixture
def heard(person: Make, signed_in: Open, seconds: tuple[int, int]) -> Page:
    """A page that shows two voice messages."""
    ada, grace = person("Ada"), person("Grace")
    for each in seconds:
        grace.send(ada, "", files=[grace.record(each, bytes(range(0, 240, 5)))])
    chat = signed_in(ada)
    chat.open("Grace")
    expect(chat.page.locator(".voice__play")).to_have_count(2)
    return chat.page


def test_W9_a_voice_message_is_heard_from_any_place_by_pointer_and_keys(heard: Page) -> None:
    player = heard.locator(".voice").first
    position = player.get_by_role("slider")
    expect(position.locator("rect")).to_have_count(48)
    heights = position.locator("rect").evaluate_all(
        "bars => bars.map((bar) => Number(bar.getAttribute('height')))"
    )
    assert heights == sorted(heights)
    box = box_of(position)
    position.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(position).to_have_attribute("aria-valuenow", "10")
    position.press("ArrowRight")
    expect(position).to_have_attribute("aria-valuenow", "11")
    position.press("ArrowLeft")
    position.press("ArrowLeft")
    expect(position).to_have_attribute("aria-valuetext", "0:09 of 0:20")
    position.press(" ")
    expect(player.get_by_role("button", name="Pause voice message")).to_be_visible()
    expect(position).to_have_attribute("aria-valuenow", at_least(11))
    position.press("Home")
    position.press("End")
    expect(player.get_by_role("button", name="Play voice message, 0:20")).to_be_visible()
    expect(position).to_have_attribute("aria-valuenow", "0")


@pytest.mark.parametrize("seconds", [(100, 150)])
def test_W9_one_plays_at_a_time_and_the_place_is_kept(heard: Page) -> None:
    first, second = heard.locator(".voice").all()
    first.get_by_role("button").first.click()
    expect(first.get_by_role("slider")).to_have_attribute("aria-valuenow", at_least(2))
    second.get_by_role("button").first.click()
    expect(first.get_by_role("button", name="Play voice message")).to_be_visible()
    stopped = reached(first)
    expect(second.get_by_role("slider")).to_have_attribute("aria-valuenow", at_least(2))
    second.get_by_role("button", name="Pause voice message").click()
    expect(second.get_by_role("button", name="Play voice message")).to_be_visible()
    left = reached(second)
    assert reached(first) == stopped
    heard.reload()
    expect(heard.locator(".voice__play")).to_have_count(2)
    expect(second.get_by_role("slider")).to_have_attribute("aria-valuenow", str(left))
    second.get_by_role("button").first.click()
    expect(second.get_by_role("slider")).to_have_attribute("aria-valuenow", at_least(left + 1))


def reached(player: Locator) -> int:
    """The second that the playback has reached."""
    return int(player.get_by_role("slider").get_attribute("aria-valuenow") or 0)


NOTE_SOUND = """() => {
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    window.sound = this;
    return play.call(this);
  };
}"""


def test_W9_the_speed_is_chosen_and_kept(heard: Page) -> None:
    heard.evaluate(NOTE_SOUND)
    first, second = heard.locator(".voice").all()
    first.get_by_role("slider").press("ArrowRight")
    first.get_by_role("button", name="Playback speed 1", exact=True).click()
    first.get_by_role("button", name="Playback speed 1.5").click()
    expect(first.get_by_role("button", name="Playback speed 2")).to_be_visible()
    second.get_by_role("button").first.click()
    expect(second.get_by_role("slider")).to_have_attribute("aria-valuenow", at_least(1))
    assert heard.evaluate("window.sound.playbackRate") == 2


def test_W9_a_loading_player_does_not_shift_the_view(heard: Page) -> None:
    before = box_of(heard.locator(".voice").first)
    held = Held(heard, "**/assets/player-*.js")
    heard.reload()
    first = heard.locator(".voice").first
    first.wait_for()
    eventually(heard, first.bounding_box, before)
    held.let_go()
    expect(heard.locator(".voice__play")).to_have_count(2)
    eventually(heard, first.bounding_box, before)


@pytest.mark.parametrize("service_workers", ["allow"])
def test_W17_a_voice_message_that_was_heard_is_heard_offline(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "", files=[grace.record(20, bytes(48))])
    chat = signed_in(ada)
    page = chat.page
    page.evaluate(CONTROLLED)
    chat.open("Grace")
    play = page.get_by_role("button", name="Play voice message")
    position = page.get_by_role("slider")
    play.click()
    expect(position).to_have_attribute("aria-valuenow", at_least(1))
    (file,) = grace.messages(ada)[-1]["files"]
    eventually(page, KEPT, [str(file["url"])])
    page.context.set_offline(offline=True)
    page.reload()
    position.press("Home")
    for _ in range(12):
        position.press("ArrowRight")
    play.click()
    expect(position).to_have_attribute("aria-valuenow", at_least(14))
