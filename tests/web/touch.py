"""Fingers on a touch screen."""

from playwright.sync_api import Locator

from tests.web.waiting import box_of


def swipe(element: Locator, by: int = 0, *, down: int = 0) -> None:
    """A finger put down in the middle, moved by so many pixels and lifted.

    By the browser itself, in one step: else a busy machine could make a long press of it.
    """
    box = box_of(element)
    touch = element.page.context.new_cdp_session(element.page)
    touch.send(
        "Input.synthesizeScrollGesture",
        {
            "x": box["x"] + box["width"] / 2,
            "y": box["y"] + box["height"] / 2,
            "xDistance": by,
            "yDistance": down,
            "gestureSourceType": "touch",
        },
    )
