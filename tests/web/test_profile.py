"""The picture of a user and the `about` line, as others see them."""

from collections.abc import Callable

from playwright.sync_api import FilePayload, expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.test_files import picture

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_a_picture_is_cut_square_and_seen_by_others(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    ada.send(grace, "Hello")
    chat = signed_in(ada)
    page = chat.page
    page.goto(f"{chat.address}/settings/profile")
    page.locator("input[type=file]").set_input_files(
        [FilePayload(name="me.png", mimeType="image/png", buffer=picture())]
    )
    dialog = page.get_by_role("dialog", name="Change picture")
    dialog.get_by_label("Zoom").fill("2")
    dialog.get_by_role("img", name="Drag the picture").press("ArrowRight")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".profile__pic .avatar img")).to_be_visible()
    expect(dialog).to_have_count(0)
    page.get_by_label("About you").fill("Throws pots")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    theirs = signed_in(grace)
    shown = theirs.row("Ada").locator(".avatar img")
    for side in ("naturalWidth", "naturalHeight"):
        expect(shown).to_have_js_property(side, 512)
    theirs.open("Ada")
    theirs.page.get_by_role("button", name="Details").click()
    expect(theirs.page.get_by_text("Throws pots")).to_be_visible()
    page.locator("#profile").get_by_role("button", name="Remove").click()
    expect(page.locator(".profile__pic .avatar img")).to_have_count(0)


def test_a_profile_picture_that_is_not_an_image_is_refused_before_upload(
    person: Make, signed_in: Open
) -> None:
    chat = signed_in(person("Ada"))
    chat.page.goto(f"{chat.address}/settings/profile")
    chat.page.locator("input[type=file]").set_input_files(
        [FilePayload(name="me.png", mimeType="image/png", buffer=b"not a picture")]
    )
    dialog = chat.page.get_by_role("dialog", name="Change picture")
    expect(dialog.get_by_role("alert")).to_contain_text("cannot show this file")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
