"""The page without a network, and after an update of the server."""

import shutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

import backchannel
from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import Person, people_of

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

CONTROLLED = """async () => {
  await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller) return;
  await new Promise((done) => (navigator.serviceWorker.oncontrollerchange = done));
}"""

NEVER_REGISTERED = "navigator.serviceWorker.register = () => new Promise(() => {})"
EMPTY = """async () => {
  for (const each of await caches.keys()) await caches.delete(each);
}"""


@pytest.fixture
def service_workers() -> str:
    return "allow"


@pytest.fixture
def server(tmp_path: Path, browser: object) -> Generator[ServerProcess]:
    """A server over a copy of the package, so that its client can be replaced."""
    copy = tmp_path / "package" / "backchannel"
    shutil.copytree(Path(backchannel.__file__).parent, copy)
    launcher = (sys.executable, "-m", "backchannel")
    running = ServerProcess(tmp_path, launcher, {"PYTHONPATH": str(copy.parent)})
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture
def person(server: ServerProcess) -> Generator[Make]:
    with people_of(server.address) as make:
        yield make


def built(server: ServerProcess) -> Path:
    return server.folder / "package" / "backchannel" / "dialects" / "web_client" / "built"


def replace_client(server: ServerProcess) -> None:
    """Make a new build: a page and a worker with other names and contents."""
    for path in (built(server) / "index.html", built(server) / "sw.js"):
        for packed in path.parent.glob(f"{path.name}.*"):
            packed.unlink()
    page = built(server) / "index.html"
    page.write_text(page.read_text().replace("<body>", '<body data-version="2">'))
    worker = built(server) / "sw.js"
    worker.write_text(worker.read_text().replace("backchannel-page-", "backchannel-page-2-"))


def test_W17_the_page_opens_without_a_network_with_its_stored_data(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Before the tunnel")
    chat = signed_in(ada)
    chat.open("Grace")
    expect(chat.bubble("Before the tunnel")).to_be_visible()
    chat.page.evaluate(CONTROLLED)
    server.kill()
    chat.page.goto(chat.page.url)
    expect(chat.bubble("Before the tunnel")).to_be_visible()
    chat.page.goto(f"{chat.address}/settings")
    expect(chat.page.get_by_role("heading", name="Appearance")).to_be_visible()


def test_W3_the_page_does_not_wait_until_its_worker_is_installed(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Before the tunnel")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.add_init_script(NEVER_REGISTERED)
    chat.page.reload()
    expect(chat.bubble("Before the tunnel")).to_be_visible(timeout=30_000)


def test_W17_a_new_version_is_shown_on_a_click_and_not_before(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    page = chat.page
    page.evaluate(CONTROLLED)
    server.stop()
    replace_client(server)
    server.start()
    expect(page.get_by_text("A new version is ready.")).to_be_visible()
    page.reload()
    expect(chat.row("Grace")).to_be_visible()
    expect(page.locator("body")).not_to_have_attribute("data-version", "2")
    chat.open("Grace")
    chat.field.fill("half a thought")
    page.get_by_role("button", name="Update").click()
    expect(page.locator("body")).to_have_attribute("data-version", "2")
    expect(chat.field).to_have_value("half a thought")


def test_W17_a_missing_chunk_after_an_update_offers_a_reload(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    page = chat.page
    page.evaluate(CONTROLLED)
    page.evaluate(EMPTY)
    asked: list[str] = []

    def miss(route: Route) -> None:
        asked.append(route.request.method)
        route.fulfill(status=404)

    page.route("**/assets/settings-*.js", miss)
    server.stop()
    for part in (built(server) / "assets").glob("settings-*"):
        part.unlink()
    server.start()
    page.reload()  # this page has fetched it already
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong")
    expect(page.get_by_role("button", name="Reload")).to_be_visible()
    assert asked.count("GET") <= 2, "requested when the page is idle, and when it is needed"
