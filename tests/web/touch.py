"""Fingers on a touch screen."""

from playwright.sync_api import Locator, expect

from tests.web.waiting import box_of


def swipe(element: Locator, by: int = 0, *, down: int = 0) -> None:
    """Put a finger down in the middle, move it by this many pixels and lift it.

    The browser does it in one step: otherwise a busy machine could make a long press of it.
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


def swipe_on(element: Locator, by: int) -> None:
    """Put a finger down in the middle, move it by this many pixels, and keep it down."""
    box = box_of(element)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = element.page.context.new_cdp_session(element.page)
    for kind, moved in (("touchStart", 0), ("touchMove", by / 2), ("touchMove", by)):
        points = [{"x": x + moved, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def long_press(element: Locator, shown: Locator) -> None:
    """Keep a finger down until something is shown, and lift it in the same place.

    The browser opens no context menu, as on iOS.
    """
    box = box_of(element)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = element.page.context.new_cdp_session(element.page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(shown).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
