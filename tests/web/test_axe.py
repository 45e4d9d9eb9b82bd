"""Axe finds nothing on any page and in any state, in both themes and at three widths (W15).

The middle width is tested at night, because each takes minutes.
"""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.process import ServerProcess
from tests.web import pictures
from tests.web.account_steps import AFTER_LOGIN, BEFORE_LOGIN, sign_in
from tests.web.waiting import TIMEOUT

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (rules) => (await axe.run(document, {resultTypes: ['violations'], ...rules}))
  .violations
  .map(each => each.id + ': ' + each.nodes.map(node => node.target.join(' ')).join(', '))"""
DRAWN = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""

SIZES = ("360", "1280", pytest.param("768", marks=pytest.mark.nightly))

pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="needs axe-core: make web-tests installs it"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[ServerProcess]:
    """A server with the users and conversations of the pictures."""
    with pictures.painted(tmp_path_factory.mktemp("server")) as running:
        yield running


def faults(page: Page) -> list[str]:
    """The violations that axe reports; the themes differ in nothing but colours."""
    page.evaluate(AXE.read_text())
    page.emulate_media(color_scheme="dark")
    page.evaluate(DRAWN)
    found = [f"dark: {each}" for each in page.evaluate(RUN, {"runOnly": ["color-contrast"]})]
    page.emulate_media(color_scheme="light")
    page.evaluate(DRAWN)
    return found + [f"light: {each}" for each in page.evaluate(RUN, {})]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", SIZES)
def test_W15_axe_finds_nothing(browser: Browser, server: ServerProcess, size: str) -> None:
    width, height = pictures.SIZES[size]
    seen: dict[str, list[str]] = {}
    with browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", locale="en-GB"
    ) as context:
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        for name, step in BEFORE_LOGIN.items():
            step(page, server.address)
            seen[name] = faults(page)
        sign_in(page, server.address)
        for name, step in pictures.STATES.items():
            step(page, server.address)
            page.wait_for_timeout(200)
            seen[name] = faults(page)
            pictures.online_again(page)
        for name, step in AFTER_LOGIN.items():
            step(page, server.address)
            seen[name] = faults(page)
    assert {name: each for name, each in seen.items() if each} == {}
