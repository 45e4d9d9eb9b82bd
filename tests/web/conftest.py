"""A real server and a real browser; each test has its own users."""

import os
from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from backchannel.dialects.web_client.http import built_assets
from tests.support.chromium import PROGRAM
from tests.support.process import ServerProcess, server_process
from tests.web.media_steps import MICROPHONE
from tests.web.pages import ChatPage
from tests.web.people import Person, people_of
from tests.web.waiting import TIMEOUT

SLOWDOWN = float(os.environ.get("SLOWDOWN", "1"))
"""Chromium runs the pages so many times more slowly: a fault in timing shows itself sooner."""


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    if PROGRAM is None or not built_assets():
        pytest.skip("needs chromium, and the web client built: make build-web")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=PROGRAM, args=MICROPHONE)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def person(server: ServerProcess) -> Generator[Callable[[str], Person]]:
    """Makes users, with the given display names."""
    with people_of(server.address) as make:
        yield make


@pytest.fixture
def service_workers() -> Literal["allow", "block"]:
    """Without service workers, a test sees every request of the page."""
    return "block"


@pytest.fixture
def context(
    browser: Browser, service_workers: Literal["allow", "block"]
) -> Generator[Callable[..., BrowserContext]]:
    """Makes browser contexts that share nothing; accepts options of a context."""
    with ExitStack() as closing:

        def make(**options: Any) -> BrowserContext:
            made = browser.new_context(
                viewport=options.pop("viewport", {"width": 1280, "height": 900}),
                locale="en-GB",
                service_workers=service_workers,
                **options,
            )
            made.set_default_timeout(TIMEOUT)
            if SLOWDOWN > 1:
                made.on("page", slow_down)
            closing.callback(made.close)
            return made

        yield make


def slow_down(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})


@pytest.fixture
def signed_in(
    server: ServerProcess, context: Callable[[], BrowserContext]
) -> Callable[[Person], ChatPage]:
    """Opens the chat of a person in a separate browser context."""

    def open_for(who: Person) -> ChatPage:
        page = ChatPage(context().new_page(), server.address)
        page.sign_in(who.username)
        return page

    return open_for


@pytest.fixture
def phone(
    server: ServerProcess, context: Callable[..., BrowserContext]
) -> Callable[[Person], ChatPage]:
    """Opens the chat on a touch screen."""

    def open_for(who: Person) -> ChatPage:
        made = context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
        page = ChatPage(made.new_page(), server.address)
        page.sign_in(who.username)
        return page

    return open_for
