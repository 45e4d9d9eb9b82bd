"""Bad networks: an outage, a slow network, and a cut in the middle of a file."""

import os
from collections.abc import Callable

from playwright.sync_api import BrowserContext, FilePayload, Page, Route, expect

from tests.support.process import ServerProcess
from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import Seen

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]

SLOW_3G = {"latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""As Chromium's developer tools have it: milliseconds, bytes a second."""
QUICK = 20
"""Messages that each of two people sends without a pause."""


def slow(page: Page, rates: dict[str, int]) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {"offline": False, **rates})


def test_W2_messages_of_both_users_arrive_after_being_offline(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    expect(ada_chat.bubble("Hello")).to_be_visible()
    ada_chat.page.context.set_offline(offline=True)
    expect(ada_chat.page.get_by_text("What you write is kept and sent later.")).to_be_visible()
    said = [f"From the tunnel {number}" for number in range(3)]
    for text in said:
        ada_chat.send(text)
    ada_chat.field.fill("half a thought")
    heard = [f"To the tunnel {number}" for number in range(3)]
    grace.send_all(ada, heard)
    ada_chat.page.context.set_offline(offline=False)
    expect(ada_chat.state(said[-1])).to_have_attribute("aria-label", "Sent")
    expect(ada_chat.page.get_by_text("What you write is kept and sent later.")).to_have_count(0)
    expect(ada_chat.bubble(heard[-1])).to_be_visible()
    expect(ada_chat.field).to_have_value("half a thought")
    assert [each["body"] for each in grace.messages(ada)] == ["Hello", *heard, *said]
    ada_chat.wait_for_texts("Hello", *heard, *said)


def test_twenty_quick_messages_of_each_arrive_once_and_in_one_order(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Ready?")
    ada_chat, theirs = signed_in(ada), signed_in(grace)
    for chat, name in ((ada_chat, "Grace"), (theirs, "Ada")):
        chat.page.set_viewport_size({"width": 1280, "height": 2_800})  # shows all messages
        chat.open(name)
    for number in range(QUICK):
        ada_chat.send(f"ada {number}")
        theirs.send(f"grace {number}")
    for chat in (ada_chat, theirs):
        expect(chat.page.locator(".message")).to_have_count(1 + 2 * QUICK)
        expect(chat.page.locator(".message[data-seq]")).to_have_count(1 + 2 * QUICK)
    told = [each["body"] for each in grace.messages(ada)]
    for name in ("ada", "grace"):
        assert [text for text in told if text.startswith(name)] == [
            f"{name} {number}" for number in range(QUICK)
        ]
    for chat in (ada_chat, theirs):
        chat.wait_for_texts(*told)


def test_a_part_that_did_not_arrive_is_fetched_again_with_its_styles(
    person: Make, signed_in: Open
) -> None:
    page = signed_in(person("Ada")).page
    failed: set[str] = set()

    def fail_once(route: Route) -> None:
        if route.request.url in failed:
            route.continue_()
        else:
            failed.add(route.request.url)
            route.abort()

    page.route("**/assets/settings-*", fail_once)
    with page.expect_request("**/assets/settings-*.css"):  # when the page is idle
        page.reload()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("navigation", name="Settings")).to_be_visible()
    assert {each.rsplit(".", 1)[1] for each in failed} == {"js", "css"}
    page.wait_for_function(
        """() => [...document.styleSheets].some(
          ({ href, cssRules }) => href?.includes("/settings-") && cssRules.length > 0
        )"""
    )


def test_the_client_works_on_slow_3G(
    server: ServerProcess, person: Make, context: Callable[[], BrowserContext]
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send_all(ada, [f"Line {number}" for number in range(80)])
    ada_chat = ChatPage(context().new_page(), server.address)
    slow(ada_chat.page, SLOW_3G)
    ada_chat.sign_in(ada.username)
    ada_chat.open("Grace")
    ada_chat.field.fill("Typed while everything loads")
    expect(ada_chat.page.locator(".message").last).to_be_visible()
    expect(ada_chat.field).to_have_value("Typed while everything loads")
    progress = Seen(ada_chat.page, "[role=progressbar]", "aria-label")
    ada_chat.page.locator("input[type=file]").set_input_files(
        [FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"a" * 60_000)]
    )
    progress.wait_for("Uploading notes.txt")
    ada_chat.wait_for_uploads("notes.txt")
    ada_chat.field.press("Enter")
    said = ada_chat.state("Typed while everything loads")
    expect(said).to_have_attribute("aria-label", "Sent")
    last = grace.messages(ada)[-1]
    assert [file["name"] for file in last["files"]] == ["notes.txt"]


def test_W8_a_server_killed_in_the_middle_of_a_file_gets_the_rest_of_it(
    server: ServerProcess, person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the film")
    ada_chat = signed_in(ada)
    ada_chat.open("Grace")
    page, content = ada_chat.page, os.urandom(6_000_000)  # a minute at this rate
    slow(page, {"latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000})
    page.locator("input[type=file]").set_input_files(
        [FilePayload(name="film.bin", mimeType="application/octet-stream", buffer=content)]
    )
    ring = page.get_by_role("progressbar", name="Uploading film.bin")
    expect(ring).not_to_have_attribute("aria-valuenow", "0")
    server.kill()
    ada_chat.field.press_sequentially("Here it is")
    slow(page, {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
    server.start()
    expect(ring).to_have_count(0)
    expect(ada_chat.field).to_have_value("Here it is")
    ada_chat.field.press("Enter")
    expect(ada_chat.state("Here it is")).to_have_attribute("aria-label", "Sent")
    (file,) = grace.messages(ada)[-1]["files"]
    assert grace.http.get(file["url"]).content == content
