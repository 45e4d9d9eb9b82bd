"""Pictures and other files, sent and seen."""

import os
import re
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import FilePayload, Request, Route, expect

from tests.web.pages import ChatPage
from tests.web.people import Person

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (640, 480), (15, 107, 107)).save(content, "PNG")
    return content.getvalue()


def test_W8_pictures_and_files_wait_in_the_tray_and_arrive(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Send me the plan")
    hers, theirs = signed_in(ada), signed_in(grace)
    hers.open("Grace")
    theirs.open("Ada")
    hers.page.locator("input[type=file]").set_input_files(
        [
            FilePayload(name="plan.png", mimeType="image/png", buffer=picture()),
            FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"first this, then that"),
        ]
    )
    expect(hers.page.get_by_role("button", name="Remove plan.png")).to_be_visible()
    expect(hers.page.locator(".ring")).to_have_count(0)
    hers.page.get_by_role("button", name="Remove plan.txt").click()
    hers.say("Here it is")
    expect(hers.state("Here it is")).to_have_attribute("aria-label", "Read")
    shown = theirs.bubble("Here it is").locator(".photo img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") > 0
    theirs.page.locator(".photo").click()
    expect(theirs.page.locator(".lightbox img")).to_be_visible()
    theirs.page.keyboard.press("Escape")
    expect(theirs.page.locator(".lightbox")).to_have_count(0)


def test_a_file_that_is_refused_says_why_and_keeps_nothing_back(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    hers = signed_in(ada)
    hers.open("Grace")
    hers.page.locator("input[type=file]").set_input_files(
        [FilePayload(name="cat.png", mimeType="image/png", buffer=b"MZ\x90\x00 not a picture")]
    )
    expect(hers.page.locator(".tray .is-danger").first).to_be_visible()
    hers.say("Without it, then")
    expect(hers.state("Without it, then")).to_be_visible()
    assert grace.messages(ada)[-1]["body"] == "Without it, then"


def test_W8_files_keep_the_order_in_which_they_were_chosen(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Send me the chapters")
    hers = signed_in(ada)
    hers.open("Grace")
    names = ["one.txt", "two.txt", "three.txt"]
    sizes = [4_000_000, 200_000, 10]
    hers.page.locator("input[type=file]").set_input_files(
        [
            FilePayload(name=name, mimeType="text/plain", buffer=b"a" * size)
            for name, size in zip(names, sizes, strict=True)
        ]
    )
    expect(hers.page.locator(".tray .ring")).to_have_count(0)
    hers.say("All three")
    expect(hers.state("All three")).to_have_attribute("aria-label", "Sent")
    assert [each["name"] for each in grace.messages(ada)[-1]["files"]] == names


def test_W8_an_upload_goes_on_after_a_cut_and_a_reload(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Send me the film")
    hers = signed_in(ada)
    hers.open("Grace")
    page, content = hers.page, os.urandom(1_500_000)
    offsets: list[str] = []

    def cut(route: Route) -> None:
        route.abort("connectionreset")

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(request.headers["upload-offset"])

    page.on("request", note)
    page.route("**/v1/uploads/*", cut)
    page.locator("input[type=file]").set_input_files(
        [FilePayload(name="film.bin", mimeType="application/octet-stream", buffer=content)]
    )
    ring = page.get_by_role("progressbar", name="Uploading film.bin")
    expect(ring).to_have_attribute("aria-valuenow", "17")
    page.reload()
    expect(ring).to_be_visible()
    page.unroute("**/v1/uploads/*", cut)
    expect(ring).to_have_count(0)
    assert set(offsets) >= {"262144"}
    assert "0" not in offsets
    hers.say("There")
    expect(hers.state("There")).to_have_attribute("aria-label", "Sent")
    (file,) = grace.messages(ada)[-1]["files"]
    assert grace.http.get(file["url"]).content == content


def test_W8_a_cancelled_upload_is_forgotten_here_and_there(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.say(ada, "Hello")
    hers = signed_in(ada)
    hers.open("Grace")
    page = hers.page
    page.route("**/v1/uploads/*", lambda route: _only(route, "DELETE"))
    with page.expect_response(re.compile("/v1/uploads$")) as begun:
        page.locator("input[type=file]").set_input_files(
            [FilePayload(name="film.bin", mimeType="", buffer=os.urandom(1_000_000))]
        )
    address = begun.value.headers["location"]
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "26")
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Remove film.bin").click()
    expect(page.locator(".tray")).to_have_count(0)
    version = {"tus-resumable": "1.0.0"}
    assert ada.http.head(address, headers=version).status_code == 404
    page.reload()
    expect(hers.bubble("Hello")).to_be_visible()
    expect(page.locator(".tray")).to_have_count(0)


def _only(route: Route, method: str) -> None:
    if route.request.method == method:
        route.continue_()
    else:
        route.abort("connectionreset")
