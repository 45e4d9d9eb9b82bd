"""Message requests: they are in a separate list until they are answered."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.pages import ChatPage
from tests.web.people import Person
from tests.web.waiting import Seen

Make = Callable[[str], Person]
Open = Callable[[Person], ChatPage]


def take_requests(person: Person) -> None:
    answer = person.http.patch("/v1/me/privacy", json={"first_messages": "requests"})
    answer.raise_for_status()


def test_a_request_is_in_a_separate_list_until_it_is_accepted(
    person: Make, signed_in: Open
) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    chat = signed_in(ada)
    bob.send(ada, "May I ask you something?")
    requests = chat.page.get_by_role("button", name="Message requests")
    expect(requests).to_contain_text("1")
    expect(chat.row("Bob")).to_have_count(0)
    expect(chat.page).to_have_title("Backchannel")
    requests.click()
    chat.row("Bob").click()
    expect(chat.page.get_by_text("Bob wants to write to you")).to_be_visible()
    expect(chat.page.locator(".bubble", has_text="May I ask you something?")).to_be_visible()
    expect(chat.page.get_by_label("Message Bob")).to_have_count(0)
    chat.page.get_by_role("button", name="Accept").click()
    expect(chat.page.get_by_label("Message Bob")).to_be_visible()
    chat.page.reload()
    chat.page.get_by_role("button", name="All", exact=True).click()
    expect(chat.row("Bob")).to_be_visible()
    expect(requests).to_have_count(0)


def test_a_declined_request_is_gone_on_every_device(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    bob.send(ada, "Hello")
    chat, other = signed_in(ada), signed_in(ada)
    for page in (chat, other):
        page.page.get_by_role("button", name="Message requests").click()
        expect(page.row("Bob")).to_be_visible()
    chat.row("Bob").click()
    chat.page.get_by_role("button", name="Decline").click()
    for page in (chat, other):
        expect(page.row("Bob")).to_have_count(0)
        expect(page.page.get_by_text("No requests")).to_be_visible()
    bob.send(ada, "Hello?")
    expect(chat.row("Bob")).to_have_count(0)


def test_a_declined_request_is_accepted_in_the_settings(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    declined = bob.send(ada, "Hello")["conversation_id"]
    ada.http.post(f"/v1/requests/{declined}/decline").raise_for_status()
    chat = signed_in(ada)
    page = chat.page
    page.goto(f"{chat.address}/settings/blocked")
    section = page.get_by_role("region", name="Declined requests")
    expect(section).to_contain_text(bob.username)
    section.get_by_role("link", name="Bob").click()
    expect(page.get_by_text("You have declined this request")).to_be_visible()
    page.go_back()
    section.get_by_role("button", name="Accept: Bob").click()
    expect(section).to_have_count(0)
    page.goto(chat.address)
    expect(chat.row("Bob")).to_be_visible()


def test_a_request_is_reported_with_its_messages(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    take_requests(ada)
    bob.send(ada, "Buy my pots")
    chat = signed_in(ada)
    chat.page.get_by_role("button", name="Message requests").click()
    chat.row("Bob").click()
    expect(chat.page.locator(".bubble", has_text="Buy my pots")).to_be_visible()
    chat.page.get_by_role("button", name="Report").click()
    dialog = chat.page.get_by_role("dialog", name="Report Bob")
    dialog.get_by_label("Spam").check()
    dialog.get_by_label("Anything to add? (optional)").fill("Again")
    dialog.get_by_label("Block Bob").check()
    toasts = Seen(chat.page, ".toast")
    with chat.page.expect_request("**/v1/reports") as asked:
        dialog.get_by_role("button", name="Send report").click()
    sent = asked.value.post_data_json
    assert sent == {"user": bob.id, "reason": "spam", "comment": "Again", "messages": [1]}
    toasts.wait_for("Your report has been sent")
    assert [each["id"] for each in ada.http.get("/v1/blocks").json()["items"]] == [bob.id]


def test_the_setting_is_among_the_privacy_settings(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    chat = signed_in(ada)
    chat.page.goto(chat.page.url.split("/c/")[0].rstrip("/") + "/settings/privacy")
    setting = chat.page.get_by_role("checkbox", name="Anyone can write to you")
    expect(setting).to_be_enabled()
    with chat.page.expect_response("**/v1/me/privacy"):
        setting.uncheck(force=True)
    assert ada.http.get("/v1/me/privacy").json()["first_messages"] == "requests"
    bob.send(ada, "Hello")
    assert ada.http.get("/v1/conversations").json()["items"] == []


def test_a_message_is_reported_from_its_own_menu(person: Make, signed_in: Open) -> None:
    ada, bob = person("Ada"), person("Bob")
    ada.send(bob, "Hello")
    bob.send_all(ada, ["Buy my pots", "Or my pans"])
    chat = signed_in(ada)
    chat.open("Bob")
    chat.bubble("Hello").click(button="right")
    expect(chat.page.get_by_role("menuitem", name="Delete")).to_be_visible()
    expect(chat.page.get_by_role("menuitem", name="Report")).to_have_count(0)
    chat.page.keyboard.press("Escape")
    chat.bubble("Buy my pots").click(button="right")
    chat.page.get_by_role("menuitem", name="Report").click()
    dialog = chat.page.get_by_role("dialog", name="Report Bob")
    expect(dialog).to_contain_text("your report and the message you were sent")
    toasts = Seen(chat.page, ".toast")
    with chat.page.expect_request("**/v1/reports") as asked:
        dialog.get_by_role("button", name="Send report").click()
    sent = asked.value.post_data_json
    assert sent == {"user": bob.id, "reason": "spam", "comment": "", "messages": [2]}
    toasts.wait_for("Your report has been sent")
