"""Waiting for what a page shows: for a state, never for a time."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, Route, expect

TIMEOUT = 90_000
"""Milliseconds that anything may take on a busy machine.

The client waits up to 30 seconds before it connects again to a server that took long to start.
"""
MINUTE = 60
SEEN = """([name, selector, attribute]) => {
  const seen = (window[name] = []);
  const note = () => {
    for (const element of document.querySelectorAll(selector)) {
      const now = attribute ? element.getAttribute(attribute) : element.textContent;
      if (now !== null && seen.at(-1) !== now) seen.push(now);
    }
  };
  new MutationObserver(note).observe(document, {
    attributes: true, characterData: true, childList: true, subtree: true,
  });
  note();
}"""


def at_least(seconds: int) -> re.Pattern[str]:
    """A clock such as `0:07`, or a number of seconds below a minute, from `seconds` on."""
    assert seconds < MINUTE
    less = "|".join(f"{each}|0:{each:02}" for each in range(seconds))
    return re.compile(rf"^(?!(?:{less})$)[\d:]+$")


def seconds_of(clock: Locator) -> int:
    """The seconds of a clock such as `0:07`."""
    minutes, _, seconds = clock.inner_text().partition(":")
    return MINUTE * int(minutes) + int(seconds)


def eventually(page: Page, look: str | Callable[[], object], wanted: object) -> None:
    """Wait until a function, or a script in the page, gives this value."""
    take = (lambda: page.evaluate(look)) if isinstance(look, str) else look
    found = take()
    for _ in range(TIMEOUT // 100):
        if found == wanted:
            return
        page.wait_for_timeout(100)
        found = take()
    raise AssertionError(found)


def until(page: Page, look: Callable[[], object]) -> None:
    """Wait until `look` finds something."""
    for _ in range(TIMEOUT // 50):
        if look():
            return
        page.wait_for_timeout(50)
    raise TimeoutError(look)


def is_loaded(image: Locator) -> None:
    """Wait until a picture is shown."""
    expect(image).to_have_attribute("data-loaded", "true")
    assert image.evaluate("image => image.naturalWidth") > 0


class Held:
    """Requests of the page whose answers are held back."""

    def __init__(self, page: Page, address: str | re.Pattern[str]) -> None:
        self._page = page
        self._routes: list[Route] = []
        self._free = False
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self._free:
            route.continue_()
        else:
            self._routes.append(route)

    def wait(self) -> None:
        """Wait until there is a request."""
        until(self._page, lambda: self._routes)

    def let_one_go(self) -> None:
        """Release the earliest request, once there is one."""
        self.wait()
        self._routes.pop(0).continue_()

    def let_go(self) -> None:
        """Release all requests once there is one, and all later requests."""
        self.wait()
        self._free = True
        for route in self._routes:
            route.continue_()


def box_of(element: Locator) -> FloatRect:
    """The place of an element, once it no longer moves."""
    element.hover(trial=True)
    box = element.bounding_box()
    assert box is not None
    return box


class Seen:
    """Everything that an element has shown since the creation of this object.

    A toast, a flash or a step of a progress bar may pass between two checks on a busy machine.
    """

    def __init__(self, page: Page, selector: str, attribute: str | None = None) -> None:
        self._page = page
        self._name = f"seen{id(self)}"
        given: list[Any] = [self._name, selector, attribute]
        page.add_init_script(f"({SEEN})({json.dumps(given)})")
        page.evaluate(SEEN, given)

    def wait_for(self, pattern: str) -> None:
        """Wait until something has been shown in which this regular expression is found."""
        self._page.wait_for_function(
            "([name, pattern]) => window[name].some((each) => new RegExp(pattern).test(each))",
            arg=[self._name, pattern],
        )
