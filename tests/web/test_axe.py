"""Axe finds nothing on any page and in any state, in both themes and at three widths (W15)."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.process import ServerProcess, server_process
from tests.web import pictures
from tests.web.scene import paint
from tests.web.waiting import TIMEOUT

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (rules) => (await axe.run(document, {resultTypes: ['violations'], ...rules}))
  .violations
  .map(each => each.id + ': ' + each.nodes.map(node => node.target.join(' ')).join(', '))"""
DRAWN = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""

pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="needs axe-core: make web-tests installs it"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[ServerProcess]:
    """With the people and conversations of the pictures."""
    folder = tmp_path_factory.mktemp("server")
    with server_process(folder, limits_registrations_per_address="1000") as running:
        paint(running.address)
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
@pytest.mark.parametrize("size", pictures.SIZES)
def test_W15_axe_finds_nothing(browser: Browser, server: ServerProcess, size: str) -> None:
    width, height = pictures.SIZES[size]
    seen: dict[str, list[str]] = {}
    with browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", locale="en-GB"
    ) as context:
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        for name, path in pictures.SIGNED_OUT.items():
            page.goto(server.address + path)
            page.locator(".card").wait_for()
            seen[name] = faults(page)
        pictures.sign_in(page, server.address)
        for name, step in pictures.STATES.items():
            step(page, server.address)
            page.wait_for_timeout(200)
            seen[name] = faults(page)
            pictures.online_again(page)
    assert {name: each for name, each in seen.items() if each} == {}
