"""The pane beside a conversation: shared files, and the settings of the conversation."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.test_files import picture
from tests.web.waiting import Seen

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def test_details_show_shared_files_and_change_the_conversation(
    person: Make, signed_in: Open
) -> None:
    ada, grace = person("Ada"), person("Grace")
    files = [grace.upload("plan.png", picture()), grace.upload("plan.txt", b"first this")]
    grace.send(ada, "Both plans", files=files)
    for address in ("https://old.example/1", "https://new.example/2", "https://old.example/1"):
        grace.send(ada, f"As on {address}.")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.get_by_role("button", name="Details").click()
    pane = chat.page.get_by_role("complementary", name="Details")
    with chat.page.expect_download() as download:
        pane.get_by_role("button", name="Download: plan.txt").click()
    assert download.value.suggested_filename == "plan.txt"
    expect(pane.get_by_role("link")).to_have_text(["old.example/1", "new.example/2"])
    pane.get_by_role("button", name="plan.png").click()
    expect(chat.page.locator(".lightbox__stage img")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.page.locator(".lightbox")).to_have_count(0)

    pane.get_by_role("button", name="Pin", exact=True).click()
    pane.get_by_role("checkbox", name="Notifications").uncheck()
    expect(pane.get_by_role("button", name="Unpin")).to_be_visible()
    pane.get_by_role("button", name="Archive").click()
    expect(chat.row("Grace")).to_have_count(0)
    pane.get_by_role("button", name="Move out of the archive").click()
    expect(chat.row("Grace")).to_be_visible()
    pane.get_by_role("button", name="Search").click()
    expect(chat.page.get_by_role("combobox", name="Search in this conversation")).to_be_focused()


def test_details_show_pictures_that_are_far_back(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    for number in range(12):
        ada.send(grace, "", files=[ada.upload(f"old-{number}.png", picture())])
    ada.send_all(grace, [f"Line {number}" for number in range(80)])  # read, so it opens at its end
    chat = signed_in(ada)
    chat.open("Grace")
    expect(chat.bubble("Line 79")).to_be_visible()
    chat.page.get_by_role("button", name="Details").click()
    media = chat.page.get_by_role("region", name="Photos and videos")
    pictures = media.locator(".shared__item")
    expect(pictures).to_have_count(9)
    every = media.get_by_role("button", name="All 12")
    every.click()
    expect(pictures).to_have_count(12)
    expect(pictures.last).to_have_accessible_name("old-0.png")
    pictures.last.click()
    expect(chat.page.locator(".lightbox__name")).to_contain_text("old-0.png")
    chat.page.keyboard.press("ArrowRight")
    expect(chat.page.locator(".lightbox__name")).to_contain_text("old-1.png")
    chat.page.keyboard.press("Escape")
    every.click()
    expect(pictures).to_have_count(9)


def test_details_show_all_files_page_by_page(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    count, page = 65, 60
    for number in range(count):
        grace.send(ada, "", files=[grace.upload(f"{number}.txt", b"a note")])
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.get_by_role("button", name="Details").click()
    files = chat.page.get_by_role("region", name="Files")
    rows = files.get_by_role("button", name="Download")
    expect(rows).to_have_count(6)
    files.get_by_role("button", name="All").click()
    expect(rows).to_have_count(page)
    files.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(count)
    expect(files.get_by_role("button", name=f"All {count}")).to_be_visible()
    expect(files.get_by_role("button", name="Show more")).to_have_count(0)


def test_details_show_that_a_user_is_blocked(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    ada.http.put(f"/v1/blocks/{grace.id}").raise_for_status()
    chat = signed_in(ada)
    chat.open("Grace")
    chat.page.get_by_role("button", name="Details").click()
    chat.page.get_by_role("button", name="Unblock Grace").click()
    expect(chat.page.get_by_role("button", name="Block Grace", exact=True)).to_be_visible()
    assert ada.http.get("/v1/blocks").json()["items"] == []


def test_the_way_back_closes_what_covers_the_page_on_a_phone(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    page = chat.page
    page.set_viewport_size({"width": 360, "height": 740})
    chat.open("Grace")
    pane = page.get_by_role("complementary", name="Details")
    page.get_by_role("button", name="Details").click()
    expect(pane).to_be_visible()
    page.go_back()
    expect(pane).to_have_count(0)
    expect(chat.bubble("Hello")).to_be_visible()

    page.get_by_role("button", name="Details").click()
    pane.get_by_role("button", name="Search").click()
    page.get_by_role("combobox", name="Search in this conversation").click()
    page.go_back()
    expect(page.get_by_role("combobox")).to_have_count(0)
    expect(chat.bubble("Hello")).to_be_visible()

    page.get_by_role("button", name="Details").click()
    pane.get_by_role("button", name="Close details").click()
    page.wait_for_function("() => history.state === null")
    page.keyboard.press("Control+f")
    page.keyboard.type("hell")
    flashes = Seen(page, ".message.is-found")
    page.get_by_role("option").first.click()
    flashes.wait_for("Hello")
    page.go_back()
    expect(chat.row("Grace")).to_be_visible()


def test_the_way_back_from_a_conversation_needs_one_step(person: Make, signed_in: Open) -> None:
    ada, grace = person("Ada"), person("Grace")
    grace.send(ada, "Hello")
    chat = signed_in(ada)
    chat.open("Grace")
    chat.row("Grace").click()
    chat.page.keyboard.press("Control+f")
    chat.page.keyboard.type("hell")
    chat.page.get_by_role("option").first.click()
    chat.page.wait_for_function("() => location.search === ''")
    chat.page.go_back()
    chat.page.wait_for_function("() => location.pathname === '/'")
