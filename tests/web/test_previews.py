"""Previews of linked pages: text from the server, in an area of fixed size."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.process import ServerProcess, server_process
from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: object) -> Generator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("server")
    with server_process(folder, link_previews_enabled="true") as running:
        yield running


def answer(page: Page, **preview: Any) -> None:
    """Answer with previews as the server makes them: it does not fetch pages of this machine."""
    nothing = {"title": None, "description": None, "image_url": None, "site": None}
    url = "https://kiln.example/visit"
    page.route(
        "**/v1/preview?*", lambda each: each.fulfill(json={"url": url, **nothing, **preview})
    )


def test_S16_a_hostile_preview_is_text(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "See https://kiln.example/visit")
    chat = signed_in(ada)
    dialogs: list[str] = []
    chat.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    requests: list[str] = []
    chat.page.on("request", lambda each: requests.append(each.url))
    image = "https://tracker.example/pixel.png"
    answer(chat.page, title=HOSTILE, description=HOSTILE * 9, site="bank", image_url=image)
    chat.open("Grace")
    card = chat.page.locator(".preview")
    expect(card.locator("b")).to_have_text(HOSTILE)
    expect(card).to_contain_text("kiln.example")
    expect(card).not_to_contain_text("bank")
    expect(card.locator("img, script")).to_have_count(0)
    expect(card).to_have_attribute("href", "https://kiln.example/visit")
    assert not dialogs
    assert not [each for each in requests if "example" in each and "/v1/preview" not in each]


def test_W5_a_preview_that_comes_late_moves_nothing(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "See https://kiln.example/visit")
    grace.send_all(ada, [f"Line {number}" for number in range(3)])
    chat = signed_in(ada)
    held: list[Any] = []
    chat.page.route("**/v1/preview?*", lambda each: held.append(each))  # noqa: PLW0108 - Playwright marks it
    chat.open("Grace")
    line = chat.bubble("Line 2")
    expect(chat.page.locator(".preview .placeholder").first).to_be_visible()
    before = line.bounding_box()
    held[0].fulfill(status=404, json={"code": "not_found", "detail": "none"})
    expect(chat.page.locator(".preview")).to_contain_text("https://kiln.example/visit")
    assert line.bounding_box() == before


def test_previews_are_switched_off_in_the_settings(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "See https://kiln.example/visit")
    chat = signed_in(ada)
    answer(chat.page, title="The kiln")
    chat.open("Grace")
    expect(chat.page.locator(".preview")).to_contain_text("The kiln")
    chat.page.goto(f"{chat.address}/settings/privacy")
    chat.page.get_by_role("checkbox", name="Link previews").uncheck(force=True)
    chat.page.goto(chat.address)
    chat.open("Grace")
    expect(chat.bubble("See")).to_be_visible()
    expect(chat.page.locator(".preview")).to_have_count(0)
