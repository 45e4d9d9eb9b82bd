"""Budgets of the page: processor time of its main thread, which hardly depends on other load.

`python -m benchmarks.web` measures the times that a user waits, which needs a quiet machine.
"""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from benchmarks import web

MESSAGES = 20_000
KEYS = 60
ARRIVING = 100
SWITCHES = 20
SECONDS_COLD = 1.0
SECONDS_A_KEY = 0.016
SECONDS_A_SWITCH = 0.1
BYTES_OF_GROWTH = 1_000_000
"""While `HOUR` messages arrive, after as many have arrived before."""
HOUR = 600

pytestmark = [pytest.mark.alone, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[web.Server]:
    del browser  # skipped if there is no browser
    folder = tmp_path_factory.mktemp("server")
    with ThreadPoolExecutor() as pool:  # the browser has an event loop in this thread
        filled = pool.submit(web.Server, folder, MESSAGES).result()
    with filled.running():
        filled.read_all()
        yield filled


@pytest.fixture
def page(browser: Browser, server: web.Server) -> Generator[Page]:
    """Signed in; both conversations have been opened."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB") as context:
        page = context.new_page()
        page.add_init_script(path=web.PAGE)
        web.sign_in(page, server)
        for name in ("Grace", "Joan", "Grace"):
            page.evaluate(f"bench.open('{name}')")
            page.locator(".message").first.wait_for()
        page.wait_for_timeout(1_000)  # for what is fetched when the page is idle
        yield page


def measuring(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


def metric(session: CDPSession, name: str = "TaskDuration") -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == name))


def heap(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return metric(session, "JSHeapUsedSize")


def test_a_page_that_holds_nothing_can_be_used_within_a_second(
    page: Page, server: web.Server
) -> None:
    session = measuring(page)
    kinds = "indexeddb,cache_storage,service_workers"
    session.send("Storage.clearDataForOrigin", {"origin": server.address, "storageTypes": kinds})
    session.send("Network.clearBrowserCache")
    before = metric(session)
    page.reload()
    page.locator(".message").first.wait_for()
    assert 0 < metric(session) - before < SECONDS_COLD


def test_a_key_costs_less_than_a_frame_while_messages_arrive(
    page: Page, server: web.Server
) -> None:
    page.get_by_label("Message Grace").focus()
    session = measuring(page)
    before = metric(session)
    with server.talking(ARRIVING):
        for number in range(KEYS):
            page.keyboard.press("abcdefghij "[number % 11])
    page.wait_for_timeout(500)
    assert 0 < metric(session) - before < SECONDS_A_KEY * (KEYS + ARRIVING)


def test_W7_another_conversation_costs_less_than_a_tenth_of_a_second(page: Page) -> None:
    session = measuring(page)
    before = metric(session)
    for number in range(SWITCHES):
        page.evaluate(f"bench.open('{('Joan', 'Grace')[number % 2]}')")
    assert 0 < metric(session) - before < SECONDS_A_SWITCH * SWITCHES


def test_messages_that_arrive_leave_no_memory_behind(page: Page, server: web.Server) -> None:
    session = measuring(page)
    sizes: list[float] = []
    for _ in range(2):
        with server.talking(HOUR):
            pass
        page.wait_for_timeout(1_000)
        sizes.append(heap(session))
    assert sizes[1] - sizes[0] < BYTES_OF_GROWTH
