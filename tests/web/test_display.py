"""The page when magnified, in the system's contrast theme, and without motion."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import box_of, eventually, until

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

MAGNIFIED = {"200 %": (640, 450), "400 %": (320, 256)}
"""A window of 1280 by 900 or 1024 pixels, in the pixels that the page sees."""
OUT_OF_SIGHT = """() => {
  const scrolls = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
    }
    return false;
  };
  const out = [...document.querySelectorAll('a, button, input, textarea')].filter((each) => {
    const box = each.getBoundingClientRect();
    if (box.width < 2 || !each.checkVisibility({visibilityProperty: true})) return false;
    return (box.right > innerWidth + 1 || box.left < -1) && !scrolls(each);
  });
  const names = out.map((each) => each.getAttribute('aria-label') || each.textContent);
  const wide = document.scrollingElement.scrollWidth > innerWidth;
  return wide ? ['the page scrolls sideways', ...names] : names;
}"""
MESSAGES = 4
INSIDE = """(bar) => {
  const inner = bar.getBoundingClientRect();
  const outer = document.querySelector('.thread').getBoundingClientRect();
  return inner.left >= outer.left && inner.right <= outer.right;
}"""
NOTE_MOTIONS = """() => {
  window.motions = 0;
  const note = ({ type, target, pseudoElement }) => {
    const style = getComputedStyle(target, pseudoElement || null);
    const lasts = type === 'animationstart' ? style.animationDuration : style.transitionDuration;
    if (lasts.split(',').some((each) => parseFloat(each) > 0.001)) window.motions += 1;
  };
  for (const name of ['animationstart', 'transitionrun']) document.addEventListener(name, note);
}"""
"""By the styles: a busy machine may show a motion only once it is over."""
NO_COLOUR_OF_THE_SYSTEM = """() => {
  const probe = document.createElement('p');
  document.body.append(probe);
  const system = ['Highlight', 'LinkText', 'CanvasText', 'ButtonText'].map((name) => {
    probe.style.color = name;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return [...document.querySelectorAll('.icon')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => !system.includes(getComputedStyle(each).color))
    .map((each) => each.outerHTML);
}"""


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [320, 768, 1024, 1200])
def test_the_actions_of_a_message_are_visible_at_every_width(
    person: Make, signed_in: Open, width: int, language: str
) -> None:
    ada, grace = person("Ada"), person("Grace")
    for who, other in ((grace, ada), (ada, grace)):
        who.send_all(other, ["Yes", "A long answer to this question. " * 6])  # MESSAGES in all
    chat = signed_in(ada)
    page = chat.page
    page.evaluate("(given) => localStorage.setItem('backchannel.language', given)", language)
    page.reload()
    page.set_viewport_size({"width": width, "height": 740})
    chat.row("Grace").click()
    in_sight(page)
    if width == 1200:
        page.locator(".bar button").last.click()
        page.locator(".details").wait_for()
        in_sight(page)


def in_sight(page: Page) -> None:
    """Hover over each message: its actions must be inside the thread."""
    bubbles = page.locator(".thread .bubble")
    expect(bubbles).to_have_count(MESSAGES)
    for bubble in bubbles.all():
        bubble.hover()
        bar = bubble.locator(".actions")
        expect(bar).to_be_visible()
        assert bar.evaluate(INSIDE)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_menu_and_the_answers_to_a_request_fit_in_768_pixels(
    person: Make, signed_in: Open, language: str
) -> None:
    ada, grace, lin = person("Ada"), person("Grace"), person("Lin")
    ada.send(grace, "Hello")
    ada.http.patch("/v1/me/privacy", json={"first_messages": "requests"}).raise_for_status()
    lin.send(ada, "May I ask you something?")
    chat = signed_in(ada)
    page = chat.page
    page.evaluate("(given) => localStorage.setItem('backchannel.language', given)", language)
    page.reload()
    page.set_viewport_size({"width": 768, "height": 740})
    chat.row("Grace").click()
    page.locator(".message--out .bubble").click(button="right")
    menu = box_of(page.locator(".context .menu"))
    assert menu["x"] + menu["width"] <= 768 - 8
    page.keyboard.press("Escape")
    page.locator("button.archived").click()
    chat.row("Lin").click()
    answers = [box_of(each) for each in page.locator(".request__answers .btn").all()]
    assert len(answers) == 4
    assert len({box["width"] for box in answers}) == 1


@pytest.mark.parametrize("size", MAGNIFIED.values(), ids=MAGNIFIED)
def test_a_magnified_page_loses_nothing_and_scrolls_one_way(
    person: Make, signed_in: Open, size: tuple[int, int]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Have you seen " + "a very long word".replace(" ", "-") * 9 + "?")
    ada.send(grace, "```python\n" + "x = 1; " * 40 + "\n```")
    chat = signed_in(ada)
    page = chat.page
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    seen = {"list": page.evaluate(OUT_OF_SIGHT)}
    chat.open("Grace")
    chat.field.fill("A text of several lines\n" * 5)
    seen["conversation"] = page.evaluate(OUT_OF_SIGHT)
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    page.get_by_role("button", name="Emoji").click()
    expect(page.get_by_role("gridcell").first).to_be_in_viewport()
    expect(page.get_by_label("Search emoji").first).to_be_in_viewport()
    seen["emoji"] = page.evaluate(OUT_OF_SIGHT)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Details").click()
    page.get_by_role("complementary", name="Details").wait_for()
    seen["details"] = page.evaluate(OUT_OF_SIGHT)
    page.keyboard.press("Control+/")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    seen["keyboard"] = page.evaluate(OUT_OF_SIGHT)
    page.keyboard.press("Escape")
    page.goto(f"{chat.address}/settings")
    page.get_by_role("button", name="Sign out", exact=True).first.wait_for()
    seen["settings"] = page.evaluate(OUT_OF_SIGHT)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_label("Email or username").wait_for()
    seen["sign in"] = page.evaluate(OUT_OF_SIGHT)
    page.goto(f"{chat.address}/sign-up")
    page.get_by_label("Username").wait_for()
    seen["sign up"] = page.evaluate(OUT_OF_SIGHT)
    assert {name: each for name, each in seen.items() if each} == {}


def outline(element: Locator) -> str:
    return str(element.evaluate("element => getComputedStyle(element).outline"))


def test_a_contrast_theme_shows_what_is_chosen_focused_and_read(
    person: Make, signed_in: Open
) -> None:
    ada, grace, joan = person("Ada"), person("Grace"), person("Joan")
    grace.read(ada.send(grace, "Read by Grace"))
    joan.send(ada, "Not chosen")
    chat = signed_in(ada)
    page = chat.page
    page.emulate_media(forced_colors="active")
    chat.open("Grace")
    expect(chat.state("Read by Grace")).to_have_attribute("aria-label", "Read")
    until(page, lambda: outline(chat.row("Grace")) != outline(chat.row("Joan")))
    pressed, other = page.locator(".filters button").all()[:2]
    assert outline(pressed) != outline(other)
    assert page.locator(".icon:visible").count() > 0
    eventually(page, NO_COLOUR_OF_THE_SYSTEM, [])
    page.keyboard.press("Shift+Tab")
    assert "none" not in outline(page.locator(":focus"))
    page.goto(f"{chat.address}/settings")
    switch = page.get_by_role("checkbox", name="Enter sends")
    drawn = "each => getComputedStyle(each.nextElementSibling).border"
    switched_on = switch.evaluate(drawn)
    switch.uncheck()
    until(page, lambda: switch.evaluate(drawn) != switched_on)


def open_and_close(page: Page, chat: ChatPage) -> None:
    """Open a menu, and switch panes."""
    page.set_viewport_size({"width": 360, "height": 740})
    chat.open("Grace")
    chat.bubble("Hello").first.locator(".bubble").click(button="right")
    page.get_by_role("menuitem").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Back to conversations").click()
    expect(chat.row("Grace")).to_be_in_viewport()


def test_reduced_motion_disables_animations(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    page = chat.page
    page.evaluate(NOTE_MOTIONS)
    open_and_close(page, chat)
    page.wait_for_function("window.motions > 0")
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    page.evaluate(NOTE_MOTIONS)
    open_and_close(page, chat)
    assert page.evaluate("window.motions") == 0
