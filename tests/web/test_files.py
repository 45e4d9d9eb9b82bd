"""Pictures and other files, sent and seen."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import FilePayload, expect

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
