"""A real server and a real browser; each test has people of its own."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from backchannel.dialects.web_client.assets import built_assets
from tests.support.chromium import PROGRAM
from tests.support.process import ServerProcess, server_process
from tests.web.pages import ChatPage
from tests.web.people import Person, people_of

PATIENCE = 30_000
"""Milliseconds that anything may take on a busy machine."""


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    if PROGRAM is None or not built_assets():
        pytest.skip("needs chromium, and the web client built: make build-web")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def person(server: ServerProcess) -> Generator[Callable[[str], Person]]:
    """Makes people; the name that is shown is the one given."""
    with people_of(server.address) as make:
        yield make


@pytest.fixture
def service_workers() -> Literal["allow", "block"]:
    """Without one, a test sees every request of the page."""
    return "block"


@pytest.fixture
def context(
    browser: Browser, service_workers: Literal["allow", "block"]
) -> Generator[Callable[[], BrowserContext]]:
    """Makes browsers that share nothing."""
    with ExitStack() as closing:

        def make() -> BrowserContext:
            made = browser.new_context(
                viewport={"width": 1280, "height": 900},
                locale="en-GB",
                service_workers=service_workers,
            )
            made.set_default_timeout(PATIENCE)
            closing.callback(made.close)
            return made

        yield make


@pytest.fixture
def signed_in(
    server: ServerProcess, context: Callable[[], BrowserContext]
) -> Callable[[Person], ChatPage]:
    """Opens the chat of a person in a browser of their own."""

    def open_for(who: Person) -> ChatPage:
        page = ChatPage(context().new_page(), server.address)
        page.sign_in(who.username)
        return page

    return open_for
