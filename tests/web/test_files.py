"""Pictures and other files, sent and received."""

import os
import re
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import FilePayload, Request, Route, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import is_loaded

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (640, 480), (15, 107, 107)).save(content, "PNG")
    return content.getvalue()


def test_W8_pictures_and_files_wait_in_the_tray_and_arrive(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the plan")
    chat, theirs = signed_in(ada), signed_in(grace)
    chat.open("Grace")
    theirs.open("Ada")
    chat.page.locator("input[type=file]").set_input_files(
        [
            FilePayload(name="plan.png", mimeType="image/png", buffer=picture()),
            FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"first this, then that"),
        ]
    )
    chat.wait_for_uploads("plan.png", "plan.txt")
    chat.page.get_by_role("button", name="Remove plan.txt").click()
    chat.send("Here it is")
    expect(chat.state("Here it is")).to_have_attribute("aria-label", "Read")
    is_loaded(theirs.bubble("Here it is").locator(".photo img"))
    theirs.page.locator(".photo").click()
    expect(theirs.page.locator(".lightbox__stage img")).to_be_visible()
    theirs.page.keyboard.press("Escape")
    expect(theirs.page.locator(".lightbox")).to_have_count(0)


def test_a_refused_file_shows_the_reason_and_does_not_block_the_message(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.locator("input[type=file]").set_input_files(
        [FilePayload(name="cat.png", mimeType="image/png", buffer=b"MZ\x90\x00 not a picture")]
    )
    expect(chat.page.locator(".tray .is-danger").first).to_be_visible()
    chat.send("Without it, then")
    expect(chat.state("Without it, then")).to_have_attribute("aria-label", "Sent")
    assert grace.messages(ada)[-1]["body"] == "Without it, then"


PASTE = """(field, types) => {
  const clipboardData = new DataTransfer();
  for (const type of types) clipboardData.setData(type, "1");
  clipboardData.items.add(new File([new Uint8Array(9)], "cells.bmp", { type: "image/bmp" }));
  const paste = { clipboardData, bubbles: true, cancelable: true };
  return !field.dispatchEvent(new ClipboardEvent("paste", paste));
}"""


def test_W8_a_paste_from_a_spreadsheet_stays_text(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the numbers")
    chat = signed_in(ada)
    chat.open("Grace")
    assert chat.field.evaluate(PASTE, ["text/plain", "text/rtf"]) is False
    assert chat.field.evaluate(PASTE, ["text/plain"]) is True, "a file, with its name"


DROP = """(element) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([new Uint8Array(9)], "plan.bin"));
  const options = { dataTransfer, bubbles: true, cancelable: true };
  element.dispatchEvent(new DragEvent("drop", options));
}"""


OVER = """(element) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([new Uint8Array(9)], "plan.bin"));
  const over = new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true });
  return [!element.dispatchEvent(over), dataTransfer.dropEffect];
}"""


def test_W8_a_file_dropped_beside_the_conversation_does_not_replace_the_page(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the plan")
    chat = signed_in(ada)
    chat.open("Grace")
    assert chat.row("Grace").evaluate(OVER) == [True, "none"]
    expect(chat.page.locator(".dropzone")).to_have_count(0)
    assert chat.field.evaluate(OVER)[0] is True
    expect(chat.page.locator(".dropzone")).to_be_visible()


def test_W8_files_are_refused_while_a_message_is_edited(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Here is the plan")
    chat = signed_in(ada)
    page = chat.page
    chat.open("Grace")
    expect(chat.bubble("Here is the plan")).to_be_visible()
    refused = page.locator(".toast", has_text="Files cannot be added while you edit a message")
    for script in (PASTE, DROP):
        chat.field.press("ArrowUp")
        expect(page.get_by_role("button", name="Cancel editing")).to_be_visible()
        expect(page.get_by_role("button", name="Attach")).to_have_count(0)
        chat.field.evaluate(script, [])
        expect(refused).to_be_visible()
        page.get_by_role("button", name="Cancel editing").click()
        expect(page.get_by_role("button", name="Attach")).to_be_visible()
        expect(page.locator(".tray")).to_have_count(0)
        expect(refused).to_have_count(0)


def test_W8_a_long_text_can_be_sent_as_a_file(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the chapter")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.field.fill("word " * 800)
    expect(chat.page.get_by_role("button", name="Send as a file")).to_have_count(0)
    chat.field.fill("word " * 900)
    chat.page.get_by_role("button", name="Send as a file").click()
    chat.wait_for_uploads("Message.txt")
    expect(chat.field).to_have_value("")
    chat.send("Here it is")
    expect(chat.state("Here it is")).to_have_attribute("aria-label", "Sent")
    [file] = grace.messages(ada)[-1]["files"]
    assert file["size"] == len("word ") * 900


def test_W8_a_long_text_stays_if_its_file_would_be_too_large(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the chapter")
    chat = signed_in(ada)
    chat.page.route("**/v1/config", lambda route: _with_file_limit(route, 1_000))
    with chat.page.expect_response("**/v1/config") as answer:
        chat.page.reload()
    answer.value.finished()
    chat.open("Grace")
    text = "word " * 900
    chat.field.fill(text)
    chat.page.get_by_role("button", name="Send as a file").click()
    expect(chat.page.locator(".tray .is-danger").first).to_be_visible()
    expect(chat.field).to_have_value(text)


def _with_file_limit(route: Route, limit: int) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "file_limit": limit})


def test_W8_files_keep_the_order_in_which_they_were_chosen(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the chapters")
    chat = signed_in(ada)
    chat.open("Grace")
    names = ["one.txt", "two.txt", "three.txt"]
    sizes = [4_000_000, 200_000, 10]
    chat.page.locator("input[type=file]").set_input_files(
        [
            FilePayload(name=name, mimeType="text/plain", buffer=b"a" * size)
            for name, size in zip(names, sizes, strict=True)
        ]
    )
    chat.wait_for_uploads(*names)
    chat.send("All three")
    expect(chat.state("All three")).to_have_attribute("aria-label", "Sent")
    assert [each["name"] for each in grace.messages(ada)[-1]["files"]] == names


def test_W8_an_upload_continues_after_a_cut_and_a_reload(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Send me the film")
    chat = signed_in(ada)
    chat.open("Grace")
    page, content = chat.page, os.urandom(1_500_000)
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
    chat.send("There")
    expect(chat.state("There")).to_have_attribute("aria-label", "Sent")
    (file,) = grace.messages(ada)[-1]["files"]
    assert grace.http.get(file["url"]).content == content


def test_W8_a_cancelled_upload_is_deleted_on_the_device_and_the_server(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    chat.open("Grace")
    page = chat.page
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
    expect(chat.bubble("Hello")).to_be_visible()
    expect(page.locator(".tray")).to_have_count(0)


def _only(route: Route, method: str) -> None:
    if route.request.method == method:
        route.continue_()
    else:
        route.abort("connectionreset")
